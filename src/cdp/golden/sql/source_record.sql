-- grain: one source record of one profile
-- key: record_id
-- reads: silver.record, identity.assignment
-- writes: gold.source_record
select
    r.record_id,
    a.profile_id,
    a.entity_type,
    r.source,
    r.object,
    r.native_id,
    r.trust_tier,
    r.region,
    r.changed_at
from silver.record as r
inner join identity.assignment as a on a.record_id = r.record_id
