-- grain: one organisation or group with its golden values, under both names of its id
-- key: profile_id
-- reads: temp.entity, temp.golden_value, step.parent
-- writes: step.organisation
select
    e.profile_id,
    e.profile_id as account_id,
    e.entity_type as account_type,
    coalesce(v.organisation_name, v.group_name) as name,
    v.group_kind,
    v.email,
    v.phone,
    v.website,
    v.industry,
    v.tax_id,
    v.language,
    v.street,
    v.house_number,
    v.postcode,
    v.city,
    v.state,
    v.country,
    v.role,
    v.status,
    p.parent_account_id,
    v.region,
    e.record_count,
    e.source_count,
    e.sources,
    e.first_seen_at,
    e.last_seen_at,
    e.custom
from temp.entity as e
left join temp.golden_value as v on v.profile_id = e.profile_id
left join step.parent as p on p.profile_id = e.profile_id
where e.entity_type in ('organisation', 'group')
