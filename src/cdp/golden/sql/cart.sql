-- grain: one cart that was not (yet) ordered of a record that its source names, with the ids of those it belongs to
-- key: record_id
-- reads: silver.cart, step.party
-- broadcast: step.account_record, step.reference_owner
-- writes: gold.cart
select
    case when s.record_id is null then o.profile_id else s.person_id end as profile_id,
    coalesce(a.account_id, case when s.record_id is null then o.account_id else s.account_id end)
        as account_id,
    case when e.status = 'abandoned' then e.changed_at end as abandoned_at,
    e.cart_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.created_at,
    e.changed_at,
    e.status,
    e.currency,
    e.amount,
    e.lines,
    e.url
from silver.cart as e
left join step.party as s on s.record_id = e.record_id
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is not null
