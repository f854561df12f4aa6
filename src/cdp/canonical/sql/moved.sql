-- grain: one record that tells of an order or a cart
-- key: record_id
-- reads: temp.canonical_good, temp.canonical_event
-- writes: temp.canonical_moved
-- record_id is the key of the order or cart. Its amount and lines are what the record that counts
-- states (sign 0), with what others add (1) or take (-1): of an order all of it, since an order that
-- is stated anew is stated as it was placed; of a cart what came after it was last stated.
with told as (
    select
        record_id,
        replace(kind, '_change', '') as kind,
        seq,
        slot,
        seen_at,
        max(value) filter (where field = 'does') as does,
        max(value) filter (where field = 'status') as status,
        max(value) filter (where field = 'currency') as currency,
        (max(value) filter (where field in ('ordered_at', 'created_at')))::timestamp as began_at,
        (max(value) filter (where field = 'changed_at'))::timestamp as changed_at,
        (max(value) filter (where field = 'amount'))::decimal(18, 2) as amount
    from temp.canonical_good
    where kind in ('order', 'cart', 'order_change', 'cart_change')
    group by record_id, kind, seq, slot, seen_at
)

select
    t.record_id,
    t.kind,
    t.seq,
    t.slot,
    t.seen_at,
    t.status,
    t.began_at,
    t.changed_at,
    t.amount,
    case
        when coalesce(t.does, 'restates') = 'restates'
            then case when t.seq = e.seq and t.slot = e.slot then 0 end
        when t.currency <> e.fields['currency'] then null
        when t.kind = 'cart' and t.seen_at <= e.seen_at
            and coalesce(e.fields['does'], 'restates') = 'restates' then null
        when t.does = 'adds' then 1
        else -1
    end as sign
from told as t
inner join temp.canonical_event as e on e.record_id = t.record_id and e.kind = t.kind
