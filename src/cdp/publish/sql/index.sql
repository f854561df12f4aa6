-- grain: one identifier with the profiles, or the accounts, that own it
-- key: global
-- reads: gold.identifier
-- writes: step.document_index
with named as (
    select
        case when entity_type = 'organisation' then 'account' else 'profile' end as entity,
        case
            when octet_length(encode(value)) > 300 then concat(kind, ':#', sha256(value))
            else concat(kind, ':', value)
        end as identifier,
        profile_id
    from gold.identifier
    where not blocked
)
select
    entity,
    identifier,
    string_agg(distinct profile_id, ' ' order by profile_id) as document
from named
group by
    entity,
    identifier
order by
    entity,
    identifier
