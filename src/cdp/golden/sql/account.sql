-- grain: one organisation or group
-- key: account_id
-- reads: step.organisation
-- writes: gold.account
select
    account_id,
    account_type,
    name,
    group_kind,
    email,
    phone,
    website,
    industry,
    tax_id,
    language,
    street,
    house_number,
    postcode,
    city,
    state,
    country,
    role,
    status,
    parent_account_id,
    region,
    record_count,
    source_count,
    sources,
    first_seen_at,
    last_seen_at,
    custom
from step.organisation
