-- grain: one reaction or action of a party
-- key: record_id
-- reads: step.canonical_good
-- broadcast: step.canonical_instance
-- writes: silver.interaction
-- Until its last select, record_id is the key of the interaction itself; there, that of its party.
with event as (
    select
        record_id,
        source,
        max(value) filter (where field = 'party') as party_id,
        max(value) filter (where field = 'account') as account_id,
        arg_min(split_part(field, '.', 3), field) filter (
            where field like 'mention.%'
        ) as ref_kind,
        arg_min(value, field) filter (where field like 'mention.%') as ref_value,
        max(value) filter (where field = 'occurred_at')::timestamp as occurred_at,
        max(value) filter (where field = 'channel') as channel,
        max(value) filter (where field = 'type') as type,
        max(value) filter (where field = 'campaign') as campaign,
        max(value) filter (where field = 'subject') as subject,
        coalesce(
            max(value) filter (where field = 'properties'),
            max(value) filter (where field = 'custom'),
            '{}'
        )::json as properties,
        received_at
    from step.canonical_good
    where kind = 'interaction'
    group by record_id, source, received_at
)
select
    e.record_id as interaction_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    case when e.party_id is null then e.ref_kind end as ref_kind,
    case when e.party_id is null then e.ref_value end as ref_value,
    e.source,
    e.occurred_at,
    e.received_at,
    e.channel,
    e.type,
    e.campaign,
    e.subject,
    i.trust_tier,
    e.properties
from event as e
inner join step.canonical_instance as i on i.source = e.source
