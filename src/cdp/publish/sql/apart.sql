-- grain: one pair of one profile or account with a record of another, an entry of its list, nearest first
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
)
select
    outward.profile_id,
    -- the weights are JSON already and are not read again
    concat(left(to_json({
        'other_id': outward.other_id,
        'record_l': outward.record_l,
        'record_r': outward.record_r,
        'match_weight': outward.match_weight,
        'probability': outward.probability,
        'innocent': outward.innocent,
        'innocent_share': outward.innocent_share,
        'decided_by': outward.decided_by
    })::varchar, -1), ',"weights":', outward.weights, '},') as document
from outward
order by
    outward.profile_id,
    outward.match_weight desc,
    outward.record_l,
    outward.record_r
