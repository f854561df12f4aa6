-- grain: one order known by the moment that is a copy of one placed after the moment
-- key: global
-- reads: gold.order
-- params: as_of
-- writes: temp.overview_forerunner
-- Who stood at the moment had not seen the original; the copy was the order.
select c.order_id
from gold."order" as c
inner join gold."order" as o
    on o.order_id = c.duplicate_of
where c.duplicate_of is not null
    and c.ordered_at <= $as_of::timestamp
    and o.ordered_at > $as_of::timestamp
