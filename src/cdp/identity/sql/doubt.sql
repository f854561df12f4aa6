-- grain: one profile whose records are perhaps not one, or not all there are
-- key: global
-- reads: step.engine_cluster, identity.assignment
-- writes: identity.doubt
with held as (
    select distinct
        assignment.profile_id as profile_id,
        assignment.entity_type as entity_type,
        cluster.cluster as cluster,
        -- whole numbers of ten thousandths: they add up the same in any order
        cluster.expected_wrong::decimal(18, 4) as expected_wrong,
        cluster.expected_missed::decimal(18, 4) as expected_missed
    from step.engine_cluster as cluster
    inner join identity.assignment as assignment
        on cluster.record_id = assignment.record_id and assignment.live
)
select
    profile_id,
    min(entity_type) as entity_type,
    sum(expected_wrong)::double as expected_wrong,
    sum(expected_missed)::double as expected_missed
from held
group by profile_id
having sum(expected_wrong) + sum(expected_missed) > 0
order by profile_id
