-- grain: one member of one static group, by the id that its record or alias leads to now
-- key: global
-- reads: step.segment_given, identity.assignment, identity.alias
-- writes: gold.static_member
with found as (
    select
        g.segment,
        coalesce(r.profile_id, a.profile_id, g.profile_id) as profile_id,
        g.added_at,
        g.added_by
    from step.segment_given as g
    left join identity.assignment as r
        on r.record_id = g.record_id
    left join identity.alias as a
        on a.retired_id = g.profile_id
)

select
    segment,
    profile_id,
    min(added_at) as added_at,
    arg_min(added_by, (added_at, added_by)) as added_by
from found
group by
    segment,
    profile_id
