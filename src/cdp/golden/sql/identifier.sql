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
        list(distinct record_id order by record_id) as records,
        max(seen_at) as seen_at,
        bool_or(verified) as verified
    from step.linked_identifier
    group by profile_id, kind, value
)

select
    h.profile_id,
    h.entity_type,
    h.kind,
    h.value,
    h.records,
    h.seen_at,
    h.verified,
    b.value is not null as blocked
from held as h
left join identity.blocked_value as b on b.kind = h.kind and b.value = h.value
