-- grain: one identifier of one profile or account, an entry of its list
-- key: profile_id
-- reads: gold.identifier
-- writes: step.document_identifiers
select
    profile_id,
    concat(to_json({
        'kind': kind,
        'value': value,
        'records': records,
        'seen_at': strftime(seen_at, '%Y-%m-%dT%H:%M:%SZ'),
        'verified': verified,
        'blocked': blocked
    }), ',') as document
from gold.identifier
order by
    profile_id,
    kind,
    value
