-- grain: one scored pair of records
-- key: global
-- reads: step.engine_edge, step.party_cluster, step.visitor_owner
-- params: model_version, visitor_weight
-- writes: identity.edge
-- A device on which n profiles were seen is each one's with a chance of 1 to n.
-- The left side is materialized: else the planner may begin with all records of one entity type
-- against each other.
with left_side as materialized (
    select
        edge.record_l as record_l,
        edge.record_r as record_r,
        edge.match_weight as match_weight,
        edge.probability as probability,
        edge.weights as weights,
        edge.innocent_class as innocent_class,
        edge.innocent_share as innocent_share,
        edge.pooled_weight as pooled_weight,
        edge.decision as decision,
        party.entity_type as entity_type,
        party.cluster as cluster
    from step.engine_edge as edge
    inner join step.party_cluster as party on edge.record_l = party.record_id
),
engine as (
    select
        edge.record_l as record_l,
        edge.record_r as record_r,
        edge.entity_type as entity_type,
        edge.match_weight as match_weight,
        edge.probability as probability,
        edge.weights::json as weights,
        edge.innocent_class as innocent,
        edge.innocent_share as innocent_share,
        edge.pooled_weight as pooled_weight,
        edge.cluster = party.cluster as decided,
        coalesce(edge.decision, 'model') as decided_by,
        $model_version::varchar as model_version
    from left_side as edge
    inner join step.party_cluster as party
        on edge.record_r = party.record_id and edge.entity_type = party.entity_type
),
device as (
    select
        least(visitor_id, record_id) as record_l,
        greatest(visitor_id, record_id) as record_r,
        case profiles
            when 1 then $visitor_weight::double
            else 0 - log2(profiles - 1)
        end as match_weight,
        profiles,
        decided as by_steward
    from step.visitor_owner
),
visitor as (
    select
        record_l,
        record_r,
        'person' as entity_type,
        match_weight,
        1 / (1 + pow(2, -match_weight)) as probability,
        to_json(
            [
                {
                    'comparison': 'device',
                    'level': case profiles when 1 then 'one profile' else 'several profiles' end,
                    'weight': match_weight
                }
            ]
        ) as weights,
        case when profiles > 1 then 'shared device' end as innocent,
        case when profiles > 1 then 1.0::double end as innocent_share,
        null::double as pooled_weight,
        profiles = 1 as decided,
        case when by_steward then 'must_link' else 'visitor' end as decided_by,
        'visitor' as model_version
    from device
)
select
    record_l,
    record_r,
    entity_type,
    match_weight,
    probability,
    weights,
    innocent,
    innocent_share,
    pooled_weight,
    decided,
    decided_by,
    model_version
from engine
union all by name
select
    record_l,
    record_r,
    entity_type,
    match_weight,
    probability,
    weights,
    innocent,
    innocent_share,
    pooled_weight,
    decided,
    decided_by,
    model_version
from visitor
order by
    record_l,
    record_r
