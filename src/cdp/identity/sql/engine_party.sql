-- grain: one person or organisation record, the engine's cluster, and its profile before
-- key: global
-- reads: step.engine_cluster, step.evidence, silver.record, identity.assignment
-- writes: step.engine_party
-- What the source says a party is stands above the engine's guess: no cluster mixes the two.
-- A record that is new, back or changed has no profile before.
select
    cluster.record_id as record_id,
    min(cluster.record_id) over (partition by cluster.cluster, record.party_type) as cluster,
    record.party_type as entity_type,
    evidence.evidence as evidence,
    before.profile_id as before_id
from step.engine_cluster as cluster
inner join silver.record as record on cluster.record_id = record.record_id
inner join step.evidence as evidence on cluster.record_id = evidence.record_id
left join identity.assignment as before
    on
        cluster.record_id = before.record_id
        and before.live
        and evidence.evidence = before.evidence
