-- grain: one current member of one segment; who was in it before keeps the moment of entry
-- key: profile_id
-- reads: step.segment_found, step.segment_before
-- broadcast: step.segment_control
-- params: run_id, as_of
-- writes: gold.segment_member
with held_out as (
    select
        f.segment,
        f.profile_id,
        bool_or(c.campaign = '') as is_control,
        list(c.campaign order by c.campaign) filter (c.campaign <> '') as control_of
    from step.segment_found as f
    join step.segment_control as c
        on c.segment = f.segment
    where md5_number_lower(concat(c.salt, ':', f.profile_id)) % 10000 < c.slots
    group by
        f.segment,
        f.profile_id
)

select
    f.segment,
    f.profile_id,
    coalesce(b.entered_run, $run_id::bigint) as entered_run,
    coalesce(b.entered_at, $as_of::timestamp) as entered_at,
    coalesce(h.is_control, false) as is_control,
    coalesce(h.control_of, []::varchar[]) as control_of
from step.segment_found as f
left join step.segment_before as b
    on b.profile_id = f.profile_id
    and b.segment = f.segment
left join held_out as h
    on h.profile_id = f.profile_id
    and h.segment = f.segment
