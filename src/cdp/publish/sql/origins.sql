-- grain: the origin of one golden value of one profile or account, an entry of its list
-- key: profile_id
-- reads: gold.attribute
-- writes: step.document_origins
select
    profile_id,
    concat(to_json({
        'attribute': attribute,
        'value': value,
        'record_id': record_id,
        'source': source,
        'trust_tier': trust_tier,
        'seen_at': strftime(seen_at, '%Y-%m-%dT%H:%M:%SZ'),
        'rule': rule,
        'losers': losers
    }), ',') as document
from gold.attribute
order by
    profile_id,
    attribute
