-- grain: one new cluster and its id
-- key: global
-- reads: step.ids_cluster, step.ids_holder, identity.profile
-- params: run_id
-- writes: step.ids_cluster_id
-- Of the ids a cluster continues the oldest survives. Otherwise an id is minted from the
-- smallest record and the number of ids that record has seeded before: no run number, no chance.
-- What was erased has no seed any more, so an id that such a seed would give again is passed over.
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
counted as (
    select
        cluster.cluster as cluster,
        cluster.entity_type as entity_type,
        cluster.seed_record as seed_record,
        coalesce(seeded.ids, 0) as ordinal,
        survivor.profile_id as survivor_id
    from cluster
    left join survivor on cluster.cluster = survivor.cluster
    left join seeded on cluster.seed_record = seeded.seed_record
),
erased as (
    select right(profile_id, 20) as digest
    from identity.profile
    where status = 'erased'
),
clash as (
    select
        counted.cluster as cluster,
        min(tried.ordinal)::integer as ordinal
    from counted
    inner join erased
        on erased.digest = left(sha256(counted.seed_record || '#' || counted.ordinal::varchar), 20)
    inner join range(1000) as tried (ordinal) on tried.ordinal > counted.ordinal
    anti join erased as taken
        on taken.digest = left(sha256(counted.seed_record || '#' || tried.ordinal::varchar), 20)
    where counted.survivor_id is null
    group by counted.cluster
),
numbered as (
    select
        counted.cluster as cluster,
        counted.entity_type as entity_type,
        counted.seed_record as seed_record,
        coalesce(clash.ordinal, counted.ordinal) as ordinal,
        counted.survivor_id as survivor_id
    from counted
    left join clash on counted.cluster = clash.cluster
)
select
    cluster,
    entity_type,
    coalesce(
        survivor_id,
        case when entity_type in ('organisation', 'group') then 'A-' else 'P-' end
        || left(sha256(seed_record || '#' || ordinal::varchar), 20)
    ) as profile_id,
    survivor_id is null as minted,
    seed_record,
    ordinal,
    $run_id::bigint as born_run
from numbered
