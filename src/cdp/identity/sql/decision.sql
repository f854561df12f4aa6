-- grain: one pair of records on which something stands above the model
-- key: global
-- reads: silver.relationship, silver.record
-- broadcast: step.steward_decision, step.steward_unit
-- params: same_party
-- writes: step.decision
-- Where a source relates two parties of one type, they are two. A steward's word stands above it,
-- also where it makes them one by way of others.
with related as (
    select distinct
        least(one.record_id, other.record_id) as record_l,
        greatest(one.record_id, other.record_id) as record_r
    from silver.relationship as relationship
    inner join silver.record as one on relationship.record_id = one.record_id
    inner join silver.record as other
        on
            relationship.other_record_id = other.record_id
            and one.party_type = other.party_type
    where
        one.party_type in ('person', 'organisation')
        and one.record_id <> other.record_id
        and not list_has_any($same_party::varchar[], [relationship.kind, '*'])
)
select
    record_l,
    record_r,
    verdict
from step.steward_decision
union all
select
    related.record_l as record_l,
    related.record_r as record_r,
    'related' as verdict
from related
left join step.steward_decision as decided
    on related.record_l = decided.record_l and related.record_r = decided.record_r
left join step.steward_unit as unit_l on related.record_l = unit_l.record_id
left join step.steward_unit as unit_r on related.record_r = unit_r.record_id
where
    decided.verdict is null
    and (unit_l.unit is null or unit_l.unit is distinct from unit_r.unit)
