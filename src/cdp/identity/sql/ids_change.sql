-- grain: one change of one id in this run
-- key: global
-- reads: step.ids_flow, step.ids_profile, step.ids_cluster_id, step.ids_retired, step.ids_merge_evidence, identity.edge
-- writes: step.ids_change
with parted_pair as (
    select
        edge.record_l as record_l,
        edge.record_r as record_r,
        edge.decided_by as decided_by,
        l.before_id as from_id,
        unnest([l.profile_id, r.profile_id]) as to_id
    from identity.edge as edge
    inner join step.ids_flow as l on edge.record_l = l.record_id
    inner join step.ids_flow as r on edge.record_r = r.record_id
    where
        edge.decided_by in ('cannot_link', 'related')
        and l.before_id = r.before_id
        and l.profile_id <> r.profile_id
),
parted as (
    select
        from_id,
        to_id,
        min({'decided_by': decided_by, 'record_l': record_l, 'record_r': record_r}) as pair
    from parted_pair
    group by
        from_id,
        to_id
),
left_it as (
    select
        flow.before_id as from_id,
        flow.profile_id as to_id,
        count(*) as records
    from step.ids_flow as flow
    left join step.ids_retired as retired
        on flow.before_id = retired.retired_id and flow.profile_id = retired.profile_id
    where flow.live and flow.before_id <> flow.profile_id and retired.retired_id is null
    group by
        flow.before_id,
        flow.profile_id
),
moved as (
    select
        left_it.from_id as from_id,
        left_it.to_id as to_id,
        left_it.records as records,
        case
            when parted.from_id is null then ''
            when parted.pair.decided_by = 'related'
                then format(
                    'a source relates {} and {}: they are two; ',
                    parted.pair.record_l,
                    parted.pair.record_r
                )
            else format(
                'decided by a steward: {} and {} are two; ',
                parted.pair.record_l,
                parted.pair.record_r
            )
        end as cause
    from left_it
    left join parted on left_it.from_id = parted.from_id and left_it.to_id = parted.to_id
),
tally as (
    select
        profile_id,
        count(*) filter (where live and not was_live) as came,
        count(*) filter (where was_live and not live) as went
    from step.ids_flow
    where before_id is null or before_id = profile_id
    group by profile_id
),
merge_reason as (
    select
        retired.retired_id as retired_id,
        retired.profile_id as profile_id,
        case
            when evidence.decided_by is null then 'one cluster now holds records of both'
            when evidence.decided_by = 'must_link'
                then format('decided by a steward: {} and {}', evidence.record_l, evidence.record_r)
            when evidence.decided_by = 'visitor'
                then format(
                    'signed in on this device: {} and {}', evidence.record_l, evidence.record_r
                )
            else format(
                '{} and {} match with weight {:.1f}',
                evidence.record_l,
                evidence.record_r,
                evidence.match_weight
            )
        end as reason
    from step.ids_retired as retired
    left join step.ids_merge_evidence as evidence on retired.retired_id = evidence.retired_id
)
select
    profile_id,
    'born' as event,
    '' as other_id,
    format('first seen with {}', seed_record) as reason
from step.ids_cluster_id
where minted
union all by name
select
    retired_id as profile_id,
    'merged_into' as event,
    profile_id as other_id,
    reason
from merge_reason
union all by name
select
    profile_id,
    'absorbed' as event,
    retired_id as other_id,
    reason
from merge_reason
union all by name
select
    from_id as profile_id,
    'split_off' as event,
    to_id as other_id,
    format('{}records that left it: {}', cause, records) as reason
from moved
union all by name
select
    to_id as profile_id,
    'split_from' as event,
    from_id as other_id,
    format('{}records that came from it: {}', cause, records) as reason
from moved
union all by name
select
    profile.profile_id as profile_id,
    'emptied' as event,
    '' as other_id,
    case
        when coalesce(tally.went, 0) = 0 then 'its records belong to other ids now'
        else format('records no longer delivered: {}', tally.went)
    end as reason
from step.ids_profile as profile
left join tally on profile.profile_id = tally.profile_id
where profile.before = 'live' and profile.status = 'emptied'
union all by name
select
    profile.profile_id as profile_id,
    'revived' as event,
    '' as other_id,
    format('records delivered again: {}', tally.came) as reason
from step.ids_profile as profile
inner join tally on profile.profile_id = tally.profile_id
where profile.before = 'emptied' and profile.status = 'live'
union all by name
select
    profile.profile_id as profile_id,
    'grew' as event,
    '' as other_id,
    format('records that arrived: {}', tally.came) as reason
from step.ids_profile as profile
inner join tally on profile.profile_id = tally.profile_id
where profile.before = 'live' and profile.status = 'live' and tally.came > 0
union all by name
select
    profile.profile_id as profile_id,
    'shrank' as event,
    '' as other_id,
    format('records no longer delivered: {}', tally.went) as reason
from step.ids_profile as profile
inner join tally on profile.profile_id = tally.profile_id
where profile.before = 'live' and profile.status = 'live' and tally.went > 0
