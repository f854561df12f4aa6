-- grain: one party with when each of its records was last confirmed
-- key: record_id
-- reads: temp.canonical_good
-- writes: temp.canonical_party
-- A party of events is made up of many records; the latest that says something counts.
with one as (
    select
        record_id,
        source,
        object,
        seq,
        slot,
        seen_at,
        received_at,
        max(value) filter (where field = 'type') as party_type,
        max(value) filter (where field = '$') as native_id,
        max(value) filter (where field = 'status') as status,
        max(value) filter (where field = 'created_at')::timestamp as created_at,
        coalesce(
            max(value) filter (where field = 'changed_at')::timestamp, seen_at
        ) as changed_at,
        max(value) filter (where field = 'custom') as custom
    from temp.canonical_good
    where kind = 'party'
    group by record_id, source, object, seq, slot, seen_at, received_at
),
ranked as (
    select
        *,
        -- A key that events use for a person and for a device is the person's.
        row_number() over (
            partition by record_id
            order by party_type = 'visitor', changed_at desc, seq desc, slot
        ) as place,
        min(created_at) over (partition by record_id) as first_created_at,
        min(changed_at) over (partition by record_id) as first_changed_at,
        max(changed_at) over (partition by record_id) as last_changed_at,
        max(received_at) over (partition by record_id) as last_received_at,
        count(*) over (partition by record_id) as records,
        max(status) over (partition by record_id) as any_status,
        max(custom) filter (where custom <> '{}') over (
            partition by record_id
        ) as any_custom
    from one
)
select
    record_id,
    source,
    object,
    native_id,
    party_type,
    coalesce(status, any_status) as status,
    case
        when first_created_at is not null then first_created_at
        when records > 1 or party_type = 'visitor' then first_changed_at
    end as created_at,
    last_changed_at as changed_at,
    last_received_at as received_at,
    case when custom <> '{}' then custom else coalesce(any_custom, '{}') end as custom
from ranked
where place = 1
