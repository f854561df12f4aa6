-- grain: one source record of one profile or account, an entry of its list
-- key: profile_id
-- reads: gold.source_record
-- writes: step.document_sources
select
    profile_id,
    concat(to_json({
        'record_id': record_id,
        'source': source,
        'object': object,
        'native_id': native_id,
        'trust_tier': trust_tier,
        'region': region,
        'changed_at': strftime(changed_at, '%Y-%m-%dT%H:%M:%SZ')
    }), ',') as document
from gold.source_record
order by
    profile_id,
    record_id
