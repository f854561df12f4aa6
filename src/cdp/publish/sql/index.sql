-- grain: one profile, or account, that owns one identifier
-- key: global
-- reads: gold.identifier
-- writes: step.document_index
with named as (
    select
        case when entity_type in ('organisation', 'group') then 'account' else 'profile' end as entity,
        case
            when strlen(value) > 300 then concat(kind, ':#', sha256(value))
            else concat(kind, ':', value)
        end as identifier,
        profile_id
    from gold.identifier
    where not blocked
)
select
    entity,
    identifier,
    concat(profile_id, ' ') as document
from named
order by
    entity,
    identifier,
    profile_id
