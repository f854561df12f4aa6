-- grain: one person or anonymous visitor
-- key: profile_id
-- reads: temp.entity, temp.golden_value, temp.event_span, step.employer
-- writes: gold.profile
select
    e.profile_id,
    e.entity_type as profile_type,
    coalesce(
        v.full_name, nullif(concat_ws(' ', v.given_name, v.middle_name, v.family_name), '')
    ) as full_name,
    v.title,
    v.given_name,
    v.middle_name,
    v.family_name,
    v.gender,
    try_cast(v.birth_date as date) as birth_date,
    v.language,
    v.email,
    v.phone,
    v.street,
    v.house_number,
    v.postcode,
    v.city,
    v.state,
    v.country,
    v.company,
    v.job_title,
    w.account_id,
    v.status,
    v.region,
    e.record_count,
    e.source_count,
    e.sources,
    least(e.first_seen_at, s.first_at) as first_seen_at,
    greatest(e.last_seen_at, s.last_at) as last_seen_at,
    e.custom
from temp.entity as e
left join temp.golden_value as v on v.profile_id = e.profile_id
left join temp.event_span as s on s.profile_id = e.profile_id
left join step.employer as w on w.profile_id = e.profile_id
where e.entity_type in ('person', 'visitor')
