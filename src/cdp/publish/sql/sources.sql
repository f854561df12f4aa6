-- grain: one profile or account with its source records
-- key: profile_id
-- reads: gold.source_record
-- writes: step.document_sources
select
    profile_id,
    to_json(list({
        'record_id': record_id,
        'source': source,
        'object': object,
        'native_id': native_id,
        'trust_tier': trust_tier,
        'region': region,
        'changed_at': strftime(changed_at, '%Y-%m-%dT%H:%M:%SZ')
    } order by
        record_id
    ))::varchar as document
from gold.source_record
group by profile_id
order by
    profile_id
