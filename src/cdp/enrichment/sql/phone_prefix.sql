-- grain: the beginning of telephone numbers of one area, with one of them
-- key: global
-- reads: gold.identifier
-- writes: step.phone_prefix
select
    left(value, 8) as prefix,
    min(value) as example
from gold.identifier
where kind = 'phone' and starts_with(value, '+')
group by left(value, 8)
order by left(value, 8)
