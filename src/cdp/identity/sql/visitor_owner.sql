-- grain: one person record seen on one visitor's device, with the profiles seen on it in all
-- key: global
-- reads: silver.record, silver.visitor_link, step.party_cluster
-- broadcast: step.decision
-- writes: step.visitor_owner
-- A steward's word stands above what was seen.
with seen as (
    select
        link.visitor_record_id as visitor_id,
        link.record_id as record_id
    from silver.visitor_link as link
    union
    select
        record_l as visitor_id,
        record_r as record_id
    from step.decision
    where verdict = 'must_link'
    union
    select
        record_r as visitor_id,
        record_l as record_id
    from step.decision
    where verdict = 'must_link'
),
known as (
    select
        seen.visitor_id as visitor_id,
        seen.record_id as record_id,
        owner.cluster as cluster,
        decision.verdict is not null as decided
    from seen
    inner join silver.record as visitor
        on seen.visitor_id = visitor.record_id and visitor.party_type = 'visitor'
    inner join step.party_cluster as owner
        on seen.record_id = owner.record_id and owner.entity_type = 'person'
    left join step.decision as decision
        on
            decision.record_l = least(seen.visitor_id, seen.record_id)
            and decision.record_r = greatest(seen.visitor_id, seen.record_id)
    where decision.verdict is distinct from 'cannot_link'
),
settled as (
    select
        visitor_id,
        record_id,
        cluster,
        decided
    from known
    qualify decided or not bool_or(decided) over (partition by visitor_id)
)
select
    visitor_id,
    record_id,
    cluster,
    decided,
    count(distinct cluster) over (partition by visitor_id) as profiles
from settled
