-- grain: one profile or account with its identifiers
-- key: profile_id
-- reads: gold.identifier
-- writes: step.document_identifiers
select
    profile_id,
    to_json(list({
        'kind': kind,
        'value': value,
        'records': records,
        'seen_at': strftime(seen_at, '%Y-%m-%dT%H:%M:%SZ'),
        'verified': verified,
        'blocked': blocked
    } order by
        kind,
        value
    ))::varchar as document
from gold.identifier
group by profile_id
order by
    profile_id
