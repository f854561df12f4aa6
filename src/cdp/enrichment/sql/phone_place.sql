-- grain: one beginning of telephone numbers and the place it tells, old ones as they were
-- key: global
-- reads: step.phone_prefix, step.phone_place_before, step.phone_place_new
-- writes: step.phone_place
select
    prefix.prefix as prefix,
    coalesce(new.country, before.country) as country,
    coalesce(new.time_zone, before.time_zone) as time_zone
from step.phone_prefix as prefix
left join step.phone_place_new as new on prefix.prefix = new.prefix
left join step.phone_place_before as before
    on prefix.prefix = before.prefix and new.prefix is null
