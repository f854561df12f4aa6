-- grain: one party as one source sees it now
-- key: record_id
-- reads: step.canonical_party
-- broadcast: step.canonical_instance
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
from step.canonical_party as p
inner join step.canonical_instance as i on i.source = p.source
