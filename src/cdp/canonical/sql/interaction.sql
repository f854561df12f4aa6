-- grain: one reaction or action of a party
-- key: global
-- reads: temp.canonical_event
-- broadcast: temp.canonical_instance
-- writes: silver.interaction
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as interaction_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.fields['occurred_at']::timestamp as occurred_at,
    e.received_at,
    e.fields['channel'] as channel,
    e.fields['type'] as type,
    e.fields['campaign'] as campaign,
    e.fields['subject'] as subject,
    i.trust_tier,
    coalesce(e.fields['properties'], e.fields['custom'], '{}')::json as properties
from temp.canonical_event as e
inner join temp.canonical_instance as i on i.source = e.source
where e.kind = 'interaction'
