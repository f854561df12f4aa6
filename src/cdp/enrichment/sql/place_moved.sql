-- grain: one row: beginnings of numbers that were known before and tell another place now
-- key: global
-- reads: step.phone_place, step.phone_place_before
-- writes: step.place_moved
with moved as (
    from step.phone_place_before
    except
    from step.phone_place
)

select count(*) as prefixes
from moved
semi join step.phone_place as now on moved.prefix = now.prefix
