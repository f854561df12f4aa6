-- grain: one identifier value that is evidence of nothing
-- key: global
-- reads: silver.identifier
-- broadcast: step.blocked_declared, step.blocked_shared, step.blocked_found
-- writes: identity.blocked_value
with blocked as (
    select
        kind,
        value,
        'placeholder' as reason
    from step.blocked_declared
    union
    select
        kind,
        value,
        'shared' as reason
    from step.blocked_found
    union
    select
        kind,
        value,
        'shared' as reason
    from step.blocked_shared
)
select
    blocked.kind as kind,
    blocked.value as value,
    min(blocked.reason) as reason,
    count(distinct identifier.record_id) as records
from blocked
inner join silver.identifier as identifier
    on blocked.kind = identifier.kind and blocked.value = identifier.value
group by
    blocked.kind,
    blocked.value
order by
    kind,
    value
