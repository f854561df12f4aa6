-- grain: one event, cart, product, campaign or target group with its fields
-- key: record_id
-- reads: temp.canonical_good
-- writes: temp.canonical_event
-- record_id is the key of the event itself. Several records may describe a product, as lines of
-- orders do, or state an order or a cart: the latest counts. What changes one is none itself, but
-- for what puts something into a cart of which nothing else is known.
with described as (
    select
        record_id,
        replace(kind, '_change', '') as kind,
        source,
        seq,
        slot,
        item,
        seen_at,
        received_at,
        coalesce(max(value) filter (where field = 'does'), 'restates') = 'restates' as is_whole,
        max(value) filter (where field = 'party') as party_id,
        max(value) filter (where field = 'account') as account_id,
        -- The mentions are numbered by how good a name of the party they are.
        arg_min(split_part(field, '.', 3), field) filter (
            where field like 'mention.%'
        ) as ref_kind,
        arg_min(value, field) filter (where field like 'mention.%') as ref_value,
        map_from_entries(list((field, value) order by field)) as fields
    from temp.canonical_good
    where kind in (
        'order', 'cart', 'quote', 'product', 'interaction', 'ticket', 'lead', 'opportunity',
        'activity', 'asset', 'campaign', 'campaign_member', 'target_group',
        'target_group_member', 'cart_change'
    )
    group by record_id, kind, source, seq, slot, item, seen_at, received_at
)
select
    record_id,
    kind,
    source,
    seq,
    slot,
    item,
    seen_at,
    received_at,
    party_id,
    account_id,
    case when party_id is null then ref_kind end as ref_kind,
    case when party_id is null then ref_value end as ref_value,
    fields
from described
-- a cart that a change begins has all that a cart needs
where kind <> 'cart'
    or (
        fields['created_at'] is not null
        and fields['changed_at'] is not null
        and fields['status'] is not null
        and fields['currency'] is not null
    )
qualify row_number() over (
    partition by record_id, kind
    order by
        is_whole desc,
        seen_at desc,
        -- of two at one moment the same counts, whichever arrived first
        case when kind in ('order', 'cart') then to_json(fields)::varchar end desc,
        seq desc,
        slot,
        item
) = 1
