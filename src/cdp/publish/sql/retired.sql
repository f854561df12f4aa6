-- grain: one id that was issued and is not live any more, with where it leads
-- key: global
-- reads: identity.alias, identity.profile
-- writes: step.document_retired
with gone as (
    select
        retired_id,
        profile_id as leads_to
    from identity.alias
    union all by name
    select
        profile_id as retired_id,
        case status when 'erased' then 'erased' else '' end as leads_to
    from identity.profile
    where status in ('emptied', 'erased')
)
select
    retired_id,
    max(leads_to) as document
from gone
group by retired_id
order by
    retired_id
