-- grain: one profile or account with the evidence that joins its records and the nearest that did not
-- key: global
-- reads: identity.edge, gold.source_record
-- writes: step.document_explain
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
    where profile_id <> other_id
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
    where profile_id <> other_id
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
),
joined_list as (
    select
        profile_id,
        to_json(list({
            'record_l': record_l,
            'record_r': record_r,
            'match_weight': match_weight,
            'probability': probability,
            'weights': weights,
            'innocent': innocent,
            'innocent_share': innocent_share,
            'decided_by': decided_by
        } order by
            record_l,
            record_r
        )) as joined_by
    from edge
    where profile_id = other_id
    group by profile_id
),
nearest_list as (
    select
        profile_id,
        to_json(list({
            'other_id': other_id,
            'record_l': record_l,
            'record_r': record_r,
            'match_weight': match_weight,
            'probability': probability,
            'weights': weights,
            'innocent': innocent,
            'innocent_share': innocent_share,
            'decided_by': decided_by
        } order by
            match_weight desc,
            record_l,
            record_r
        )) as kept_apart
    from nearest
    group by profile_id
),
record_list as (
    select
        profile_id,
        list(record_id order by record_id) as records
    from gold.source_record
    group by profile_id
)
select
    record_list.profile_id,
    to_json({
        'records': record_list.records,
        'joined_by': coalesce(joined_list.joined_by, '[]'::json),
        'kept_apart': coalesce(nearest_list.kept_apart, '[]'::json)
    })::varchar as document
from record_list
left join joined_list
    on joined_list.profile_id = record_list.profile_id
left join nearest_list
    on nearest_list.profile_id = record_list.profile_id
order by
    record_list.profile_id
