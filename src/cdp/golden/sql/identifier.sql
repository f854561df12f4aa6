-- grain: one identifier of one profile
-- key: profile_id
-- reads: step.linked_identifier
-- broadcast: identity.blocked_value
-- writes: gold.identifier
with held as (
    select
        profile_id,
        min(entity_type) as entity_type,
        kind,
        value,
        count(*) as times,
        min(record_id) as first_record,
        max(record_id) as last_record,
        max(seen_at) as seen_at,
        bool_or(verified) as verified
    from step.linked_identifier
    group by profile_id, kind, value
),

many as (
    -- a list of one or two is made without gathering
    select
        i.profile_id,
        i.kind,
        i.value,
        list_sort(list(distinct i.record_id)) as records
    from step.linked_identifier as i
    semi join held as h
        on h.profile_id = i.profile_id
        and h.kind = i.kind
        and h.value = i.value
        and h.times > 2
        and h.first_record <> h.last_record
    group by i.profile_id, i.kind, i.value
)

select
    h.profile_id,
    h.entity_type,
    h.kind,
    h.value,
    case
        when h.first_record = h.last_record then [h.first_record]
        when h.times = 2 then [h.first_record, h.last_record]
        else m.records
    end as records,
    h.seen_at,
    h.verified,
    b.value is not null as blocked
from held as h
left join many as m on m.profile_id = h.profile_id and m.kind = h.kind and m.value = h.value
left join identity.blocked_value as b on b.kind = h.kind and b.value = h.value
