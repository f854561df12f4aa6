-- grain: one profile or account with the origin of every golden value
-- key: profile_id
-- reads: gold.attribute
-- writes: step.document_origins
select
    profile_id,
    to_json(list({
        'attribute': attribute,
        'value': value,
        'record_id': record_id,
        'source': source,
        'trust_tier': trust_tier,
        'seen_at': strftime(seen_at, '%Y-%m-%dT%H:%M:%SZ'),
        'rule': rule,
        'losers': losers
    } order by
        attribute
    ))::varchar as document
from gold.attribute
group by profile_id
order by
    profile_id
