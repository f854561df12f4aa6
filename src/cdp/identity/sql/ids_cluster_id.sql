-- grain: one new cluster and its id
-- key: global
-- reads: step.ids_cluster, step.ids_holder, identity.profile
-- params: run_id
-- writes: step.ids_cluster_id
-- Of the ids a cluster continues the oldest survives. Otherwise an id is minted from the
-- smallest record and the number of ids that record has seeded before: no run number, no chance.
with cluster as (
    select
        cluster,
        min(entity_type) as entity_type,
        min(record_id) as seed_record
    from step.ids_cluster
    group by cluster
),
survivor as (
    select
        cluster,
        profile_id
    from step.ids_holder
    where may_survive
    qualify row_number() over (partition by cluster order by born_run, profile_id) = 1
),
seeded as (
    select
        seed_record,
        count(*)::integer as ids
    from identity.profile
    group by seed_record
),
numbered as (
    select
        cluster.cluster as cluster,
        cluster.entity_type as entity_type,
        cluster.seed_record as seed_record,
        coalesce(seeded.ids, 0) as ordinal,
        survivor.profile_id as survivor_id
    from cluster
    left join survivor on cluster.cluster = survivor.cluster
    left join seeded on cluster.seed_record = seeded.seed_record
)
select
    cluster,
    entity_type,
    coalesce(
        survivor_id,
        case entity_type when 'organisation' then 'A-' else 'P-' end
        || left(sha256(seed_record || '#' || ordinal::varchar), 20)
    ) as profile_id,
    survivor_id is null as minted,
    seed_record,
    ordinal,
    $run_id::bigint as born_run
from numbered
