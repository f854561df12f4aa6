-- grain: one scored pair of records of one profile or account, an entry of its list
-- key: global
-- reads: identity.edge, gold.source_record
-- writes: step.document_joined
select
    one.profile_id,
    -- the weights are JSON already and are not read again
    concat(left(to_json({
        'record_l': edge.record_l,
        'record_r': edge.record_r,
        'match_weight': edge.match_weight,
        'probability': edge.probability,
        'innocent': edge.innocent,
        'innocent_share': edge.innocent_share,
        'decided_by': edge.decided_by
    })::varchar, -1), ',"weights":', edge.weights, '},') as document
from identity.edge as edge
inner join gold.source_record as one
    on one.record_id = edge.record_l
inner join gold.source_record as other
    on other.record_id = edge.record_r
where one.profile_id = other.profile_id
order by
    one.profile_id,
    edge.record_l,
    edge.record_r
