-- grain: one order known by the moment that is a copy of one placed after the moment
-- key: global
-- reads: gold.order
-- params: as_of
-- writes: temp.feature_forerunner
-- Who stood at the moment had not seen the original; the copy was the order.
select c.order_id
from gold.order as c
inner join gold.order as o
    on o.order_id = c.duplicate_of
where c.ordered_at <= $as_of
    and o.ordered_at > $as_of
