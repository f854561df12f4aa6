-- grain: one cart that was not (yet) ordered
-- key: record_id
-- reads: step.canonical_good
-- writes: silver.cart
-- Until its last select, record_id is the key of the cart itself; there, that of its party.
with part as (
    select
        record_id,
        slot,
        item,
        max(value) filter (where field = 'product_id') as product_id,
        max(value) filter (where field = 'product') as product,
        max(value) filter (where field = 'quantity')::decimal(18, 3) as quantity,
        max(value) filter (where field = 'amount')::decimal(18, 2) as amount
    from step.canonical_good
    where kind = 'cart_line'
    group by record_id, slot, item
),
line as (
    select
        record_id,
        to_json(list({
            'product_id': product_id,
            'product': product,
            'quantity': quantity,
            'amount': amount
        } order by slot, item)) as lines
    from part
    group by record_id
),
event as (
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
        max(value) filter (where field = 'currency') as currency,
        max(value) filter (where field = 'amount')::decimal(18, 2) as amount
    from step.canonical_good
    where kind = 'cart'
    group by record_id, source
)
select
    e.record_id as cart_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    case when e.party_id is null then e.ref_kind end as ref_kind,
    case when e.party_id is null then e.ref_value end as ref_value,
    e.source,
    e.created_at,
    e.changed_at,
    e.status,
    e.currency,
    e.amount,
    coalesce(l.lines, '[]'::json) as lines
from event as e
left join line as l on l.record_id = e.record_id
