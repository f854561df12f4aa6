-- grain: one organisation with what it said that conclusions rest on
-- key: account_id
-- reads: gold.account
-- writes: step.enriched_party
select
    account_id as profile_id,
    account_type as entity_type,
    name as company,
    account_id,
    country,
    postcode,
    language,
    phone,
    email
from gold.account
