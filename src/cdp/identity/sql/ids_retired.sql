-- grain: one id that is merged away now, and the live id it leads to
-- key: global
-- reads: step.ids_holder, step.ids_cluster_id
-- writes: step.ids_retired
select
    holder.profile_id as retired_id,
    cluster.profile_id as profile_id
from step.ids_holder as holder
inner join step.ids_cluster_id as cluster on holder.cluster = cluster.cluster
where holder.profile_id <> cluster.profile_id
