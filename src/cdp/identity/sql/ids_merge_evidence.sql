-- grain: one id that is merged away now, and the strongest pair that joined it to its survivor
-- key: global
-- reads: step.ids_retired, step.ids_flow, identity.edge
-- writes: step.ids_merge_evidence
with bridge as (
    select
        edge.record_l as record_l,
        edge.record_r as record_r,
        edge.match_weight as match_weight,
        edge.decided_by as decided_by,
        unnest([l.before_id, r.before_id]) as before_id
    from identity.edge as edge
    inner join step.ids_flow as l on edge.record_l = l.record_id
    inner join step.ids_flow as r on edge.record_r = r.record_id
    where edge.decided and l.profile_id = r.profile_id and l.before_id is distinct from r.before_id
)
select
    retired.retired_id as retired_id,
    bridge.record_l as record_l,
    bridge.record_r as record_r,
    bridge.match_weight as match_weight,
    bridge.decided_by as decided_by
from step.ids_retired as retired
inner join bridge on retired.retired_id = bridge.before_id
qualify
    row_number() over (
        partition by retired.retired_id
        order by
            bridge.decided_by = 'must_link' desc,
            bridge.match_weight desc,
            bridge.record_l,
            bridge.record_r
    ) = 1
