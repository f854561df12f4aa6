-- grain: one order
-- key: record_id
-- reads: step.canonical_good
-- writes: silver.order
-- Until its last select, record_id is the key of the order itself; there, that of its party.
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
        max(value) filter (where field = 'ordered_at')::timestamp as ordered_at,
        max(value) filter (where field = 'changed_at')::timestamp as changed_at,
        max(value) filter (where field = 'status') as status,
        max(value) filter (where field = 'channel') as channel,
        max(value) filter (where field = 'currency') as currency,
        max(value) filter (where field = 'amount')::decimal(18, 2) as amount,
        max(value) filter (where field = 'reference') as reference,
        max(value) filter (where field = 'custom') as custom
    from step.canonical_good
    where kind = 'order'
    group by record_id, source
)
select
    e.record_id as order_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    case when e.party_id is null then e.ref_kind end as ref_kind,
    case when e.party_id is null then e.ref_value end as ref_value,
    e.source,
    e.ordered_at,
    e.changed_at,
    e.status,
    e.channel,
    e.currency,
    e.amount,
    e.reference,
    coalesce(e.custom, '{}')::json as custom
from event as e
