-- grain: one sales or service activity
-- key: record_id
-- reads: step.canonical_good
-- writes: silver.activity
-- Until its last select, record_id is the key of the activity itself; there, that of its party.
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
        max(value) filter (where field = 'kind') as kind,
        max(value) filter (where field = 'subject') as subject,
        max(value) filter (where field = 'status') as status,
        max(value) filter (where field = 'starts_at')::timestamp as starts_at,
        max(value) filter (where field = 'ends_at')::timestamp as ends_at,
        max(value) filter (where field = 'changed_at')::timestamp as changed_at,
        max(value) filter (where field = 'direction') as direction
    from step.canonical_good
    where kind = 'activity'
    group by record_id, source
)
select
    e.record_id as activity_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    case when e.party_id is null then e.ref_kind end as ref_kind,
    case when e.party_id is null then e.ref_value end as ref_value,
    e.source,
    e.kind,
    e.subject,
    e.status,
    e.starts_at,
    e.ends_at,
    e.changed_at,
    e.direction
from event as e
