-- grain: one of the ten nearest pairs of one profile or account with a record of another, an entry of its list
-- key: global
-- reads: identity.edge, gold.source_record
-- writes: step.document_apart
with edge as (
    select
        one.profile_id,
        other.profile_id as other_id,
        edge.record_l,
        edge.record_r,
        edge.match_weight,
        edge.probability,
        edge.weights,
        edge.innocent,
        edge.innocent_share,
        edge.decided_by
    from identity.edge as edge
    inner join gold.source_record as one
        on one.record_id = edge.record_l
    inner join gold.source_record as other
        on other.record_id = edge.record_r
    where one.profile_id <> other.profile_id
),
outward as (
    select
        profile_id,
        other_id,
        record_l,
        record_r,
        match_weight,
        probability,
        weights,
        innocent,
        innocent_share,
        decided_by
    from edge
    union all by name
    select
        other_id as profile_id,
        profile_id as other_id,
        record_l,
        record_r,
        match_weight,
        probability,
        weights,
        innocent,
        innocent_share,
        decided_by
    from edge
),
nearest as (
    select
        profile_id,
        other_id,
        record_l,
        record_r,
        match_weight,
        probability,
        weights,
        innocent,
        innocent_share,
        decided_by
    from outward
    qualify row_number() over (
        partition by profile_id
        order by
            match_weight desc,
            record_l,
            record_r
    ) <= 10
)
select
    nearest.profile_id,
    -- the weights are JSON already and are not read again
    concat(left(to_json({
        'other_id': nearest.other_id,
        'record_l': nearest.record_l,
        'record_r': nearest.record_r,
        'match_weight': nearest.match_weight,
        'probability': nearest.probability,
        'innocent': nearest.innocent,
        'innocent_share': nearest.innocent_share,
        'decided_by': nearest.decided_by
    })::varchar, -1), ',"weights":', nearest.weights, '},') as document
from nearest
order by
    nearest.profile_id,
    nearest.match_weight desc,
    nearest.record_l,
    nearest.record_r
