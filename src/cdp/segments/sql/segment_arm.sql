-- grain: one profile that was in a segment at a moment, with the arm it was put in
-- key: global
-- reads: gold.segment_history
-- params: segment, since, salt, slots
-- writes: temp.segment_arm
with stood as (
    select
        h.profile_id,
        arg_max(h.event, h.run_id) as event
    from gold.segment_history as h
    where h.segment = $segment
        and h.at <= $since::timestamp
    group by h.profile_id
)

select
    profile_id,
    md5_number_lower(concat($salt::varchar, ':', profile_id)) % 10000 < $slots::integer as is_control
from stood
where event = 'entered'
