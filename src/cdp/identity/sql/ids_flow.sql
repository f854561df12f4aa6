-- grain: one record ever assigned: the id before, the id now, and whether it was and is delivered
-- key: global
-- reads: step.ids_cluster, step.ids_cluster_id, step.ids_retired, identity.assignment
-- writes: step.ids_flow
-- A record that is no longer delivered follows its id, so that it finds it when it returns.
with delivered as (
    select
        cluster.record_id as record_id,
        id.profile_id as profile_id,
        cluster.evidence as evidence
    from step.ids_cluster as cluster
    inner join step.ids_cluster_id as id on cluster.cluster = id.cluster
)
select
    coalesce(delivered.record_id, before.record_id) as record_id,
    before.profile_id as before_id,
    coalesce(before.live, false) as was_live,
    coalesce(delivered.profile_id, retired.profile_id, before.profile_id) as profile_id,
    delivered.record_id is not null as live,
    delivered.evidence as evidence
from delivered
full outer join identity.assignment as before on delivered.record_id = before.record_id
left join step.ids_retired as retired on before.profile_id = retired.retired_id
