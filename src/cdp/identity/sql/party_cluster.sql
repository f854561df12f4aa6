-- grain: one person or organisation record and the cluster the engine put it in
-- key: global
-- reads: step.engine_cluster, silver.record
-- writes: step.party_cluster
-- What the source says a party is stands above the engine's guess: no cluster mixes the two.
select
    cluster.record_id as record_id,
    min(cluster.record_id) over (partition by cluster.cluster, record.party_type) as cluster,
    record.party_type as entity_type
from step.engine_cluster as cluster
inner join silver.record as record on cluster.record_id = record.record_id
