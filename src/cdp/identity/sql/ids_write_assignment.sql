-- grain: one source record and the profile it belongs to
-- key: global
-- reads: step.ids_flow, step.ids_profile
-- writes: identity.assignment
select
    flow.record_id as record_id,
    flow.profile_id as profile_id,
    profile.entity_type as entity_type,
    flow.live as live,
    flow.evidence as evidence
from step.ids_flow as flow
inner join step.ids_profile as profile on flow.profile_id = profile.profile_id
order by flow.record_id
