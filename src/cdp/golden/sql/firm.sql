-- grain: one organisation with the keys of its name
-- key: profile_id
-- reads: step.organisation
-- broadcast: step.firm_key
-- writes: step.firm
select
    o.profile_id,
    o.name,
    k.name_key,
    k.brand,
    coalesce(k.is_head, false) as is_head,
    o.tax_id,
    o.record_count
from step.organisation as o
left join step.firm_key as k on k.name = o.name
where o.account_type = 'organisation'
