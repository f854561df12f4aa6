-- grain: one person or visitor with what it said that conclusions rest on
-- key: profile_id
-- reads: gold.profile
-- writes: step.enriched_party
select
    profile_id,
    profile_type as entity_type,
    company,
    account_id,
    country,
    postcode,
    language,
    phone,
    email
from gold.profile
