-- grain: one organisation
-- key: account_id
-- reads: step.organisation
-- writes: gold.account
select
    account_id,
    name,
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
