-- grain: one profile that came into one segment or left it, with what made it
-- key: profile_id
-- reads: step.segment_turned, step.segment_news, step.segment_without, step.segment_uploaded, step.segment_restricted
-- broadcast: step.segment_reads, step.segment_changed
-- params: time_passed
-- writes: step.segment_cause
with told as (
    select
        t.segment,
        t.profile_id,
        bool_or(n.kind = 'merge') as merged,
        bool_or(n.kind = 'split') as parted,
        bool_or(n.kind = 'new') as born,
        bool_or(n.kind = 'records') as grown,
        bool_or(n.kind = 'consent' and r.kind is not null) as permitted,
        bool_or(n.kind <> 'consent' and r.kind is not null) as happened
    from step.segment_turned as t
    join step.segment_news as n
        on n.profile_id = t.profile_id
    left join step.segment_reads as r
        on r.segment = t.segment
        and r.kind = n.kind
    group by
        t.segment,
        t.profile_id
),

weighed as (
    select
        t.segment,
        t.profile_id,
        t.event,
        coalesce(told.merged, false) as merged,
        coalesce(told.parted, false) as parted,
        coalesce(told.born, false) as born,
        coalesce(told.grown, false) as grown,
        coalesce(told.permitted, false) as permitted,
        -- without what happened the profile would stand where it stood before
        coalesce(told.happened, false)
        and (without.profile_id is null) = (t.event = 'entered') as happened,
        changed.segment is not null as is_redefined,
        uploaded.profile_id is not null as is_uploaded,
        restricted.profile_id is not null and t.event = 'left' as is_restricted
    from step.segment_turned as t
    left join told
        on told.profile_id = t.profile_id
        and told.segment = t.segment
    left join step.segment_without as without
        on without.profile_id = t.profile_id
        and without.segment = t.segment
    left join step.segment_changed as changed
        on changed.segment = t.segment
    left join step.segment_uploaded as uploaded
        on uploaded.profile_id = t.profile_id
        and uploaded.segment = t.segment
    left join step.segment_restricted as restricted
        on restricted.profile_id = t.profile_id
)

select
    segment,
    profile_id,
    case
        when is_redefined then 'definition'
        when is_restricted then 'restriction'
        when merged then 'merge'
        when parted then 'split'
        when is_uploaded then 'upload'
        when happened then 'event'
        when permitted then 'consent'
        when born then 'new'
        when grown then 'records'
        when $time_passed::boolean then 'time'
        else 'data'
    end as cause
from weighed
