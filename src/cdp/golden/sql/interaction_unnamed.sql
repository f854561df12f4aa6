-- grain: one reaction or action of a party of which only a contact point, another system's key or nothing is known
-- key: global
-- reads: silver.interaction, step.account_record, step.reference_owner
-- writes: gold.interaction
select
    o.profile_id,
    coalesce(a.account_id, o.account_id) as account_id,
    e.interaction_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.occurred_at,
    e.received_at,
    e.channel,
    e.type,
    e.campaign,
    e.subject,
    e.trust_tier,
    e.properties
from silver.interaction as e
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is null
