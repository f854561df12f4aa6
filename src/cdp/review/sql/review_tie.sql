-- grain: one scored pair of records with the profiles they are in
-- key: global
-- reads: identity.edge, identity.assignment
-- broadcast: step.review_group
-- params: floor, ceiling
-- writes: step.review_tie
-- A unit is what a steward said to be one; everything else is a unit of its own. Weights are
-- clipped, so that no single pair outvotes the rest. A device is no question that a steward could answer.
select
    edge.record_l as record_l,
    edge.record_r as record_r,
    l.entity_type as entity_type,
    l.profile_id as profile_l,
    r.profile_id as profile_r,
    coalesce(group_l.unit, edge.record_l) as unit_l,
    coalesce(group_r.unit, edge.record_r) as unit_r,
    edge.match_weight as match_weight,
    edge.pooled_weight as pooled_weight,
    greatest($floor::double, least($ceiling::double, edge.match_weight)) as clipped,
    edge.decided_by as decided_by
from identity.edge as edge
inner join identity.assignment as l on edge.record_l = l.record_id and l.live
inner join identity.assignment as r on edge.record_r = r.record_id and r.live
left join step.review_group as group_l on edge.record_l = group_l.record_id
left join step.review_group as group_r on edge.record_r = group_r.record_id
where edge.model_version <> 'visitor'
