-- grain: one record with the identifiers that the engine compares, blocked values left out
-- key: record_id
-- reads: silver.identifier
-- broadcast: step.blocked_declared, step.blocked_shared, step.blocked_stale
-- writes: step.engine_identifier
-- A record's own key is no claim: the engine knows it already. The name before the colon is the
-- system that issued an id; two different ids of one system contradict each other.
with usable as (
    select
        identifier.record_id as record_id,
        identifier.kind as kind,
        identifier.position as position,
        identifier.value as value
    from silver.identifier as identifier
    left join step.blocked_declared as blocked
        on identifier.kind = blocked.kind and identifier.value = blocked.value
    left join step.blocked_shared as shared
        on identifier.kind = shared.kind and identifier.value = shared.value
    left join step.blocked_stale as stale
        on
            identifier.record_id = stale.record_id
            and identifier.kind = stale.kind
            and identifier.value = stale.value
    where
        blocked.value is null
        and shared.value is null
        and stale.value is null
),
claim as (
    select
        record_id,
        case
            when kind = 'source' and value <> record_id then value
            when kind = 'loyalty_id' then 'loyalty_id:' || value
            when kind = 'user_id' and record_id <> split_part(record_id, ':', 1) || ':' || value
                then 'user_id:' || value
        end as value
    from usable
),
claimed as (
    select
        record_id,
        list(distinct value order by value) as other_ids
    from claim
    where value is not null
    group by record_id
),
own as (
    select
        record_id,
        list(distinct 'user_id:' || value order by 'user_id:' || value) as own_ids
    from usable
    where kind = 'user_id' and record_id = split_part(record_id, ':', 1) || ':' || value
    group by record_id
),
contact as (
    select
        record_id,
        list(value order by position, value) filter (where kind = 'email') as emails,
        list(value order by position, value) filter (where kind = 'phone') as phones,
        list(value order by kind, value)
            filter (where kind in ('national_id', 'tax_id')) as national_ids,
        min(value) filter (where kind = 'domain') as domain
    from usable
    group by record_id
)
select
    contact.record_id as record_id,
    contact.emails as emails,
    contact.phones as phones,
    contact.national_ids[1] as national_id,
    case when len(contact.national_ids) > 1 then contact.national_ids end as national_ids,
    contact.domain as domain,
    claimed.other_ids as other_ids,
    own.own_ids as own_ids
from contact
left join claimed on contact.record_id = claimed.record_id
left join own on contact.record_id = own.record_id
