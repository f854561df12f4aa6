-- grain: one campaign of one source
-- key: global
-- reads: silver.campaign
-- writes: gold.campaign
select
    campaign_id,
    source,
    campaign,
    name,
    status,
    type,
    channel,
    starts_at,
    ends_at,
    currency,
    budget,
    cost,
    created_at,
    changed_at,
    custom
from silver.campaign
