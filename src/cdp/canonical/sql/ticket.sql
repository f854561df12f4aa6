-- grain: one service ticket
-- key: record_id
-- reads: step.canonical_good
-- writes: silver.ticket
-- Until its last select, record_id is the key of the ticket itself; there, that of its party.
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
        max(value) filter (where field = 'created_at')::timestamp as created_at,
        max(value) filter (where field = 'changed_at')::timestamp as changed_at,
        max(value) filter (where field = 'status') as status,
        max(value) filter (where field = 'priority') as priority,
        max(value) filter (where field = 'subject') as subject
    from step.canonical_good
    where kind = 'ticket'
    group by record_id, source
)
select
    e.record_id as ticket_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    case when e.party_id is null then e.ref_kind end as ref_kind,
    case when e.party_id is null then e.ref_value end as ref_value,
    e.source,
    e.created_at,
    e.changed_at,
    e.status,
    e.priority,
    e.subject
from event as e
