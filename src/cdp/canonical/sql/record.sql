-- grain: one party as one source sees it now
-- key: record_id
-- reads: temp.canonical_party
-- broadcast: temp.canonical_instance
-- writes: silver.record
select
    p.record_id,
    p.source,
    p.object,
    p.native_id,
    p.party_type,
    i.trust_tier,
    i.region,
    p.status,
    p.created_at,
    p.changed_at,
    p.received_at,
    p.custom::json as custom
from temp.canonical_party as p
inner join temp.canonical_instance as i on i.source = p.source
