-- grain: one campaign of one source
-- key: global
-- reads: temp.canonical_event
-- writes: silver.campaign
-- A mere projection; record_id in step is the key of the thing itself.
select
    e.record_id as campaign_id,
    e.source,
    e.fields['campaign'] as campaign,
    e.fields['name'] as name,
    e.fields['status'] as status,
    e.fields['type'] as type,
    e.fields['channel'] as channel,
    e.fields['starts_at']::timestamp as starts_at,
    e.fields['ends_at']::timestamp as ends_at,
    e.fields['currency'] as currency,
    e.fields['budget']::decimal(18, 2) as budget,
    e.fields['cost']::decimal(18, 2) as cost,
    e.fields['created_at']::timestamp as created_at,
    e.fields['changed_at']::timestamp as changed_at,
    coalesce(e.fields['custom'], '{}')::json as custom
from temp.canonical_event as e
where e.kind = 'campaign'
