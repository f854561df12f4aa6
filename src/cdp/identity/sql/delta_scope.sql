-- grain: one record that is tied to the scope and not yet in it
-- key: global
-- reads: step.scope, step.engine_edge, step.delta_link, step.decision, step.group_tie, identity.assignment, silver.visitor_link
-- params: tie
-- writes: step.scope
-- Tied by an edge that can join components, by a profile that both are or were in, by a device
-- or by a key of groups.
with edge as (
    select
        record_l,
        record_r
    from step.engine_edge
    where match_weight > $tie::double
    union all
    select
        record_l,
        record_r
    from step.delta_link
    union all
    select
        record_l,
        record_r
    from step.decision
    where verdict = 'must_link'
    union all
    select
        visitor_record_id as record_l,
        record_id as record_r
    from silver.visitor_link
    union all
    select
        record_l,
        record_r
    from step.group_tie
),
tied as (
    select edge.record_r as record_id
    from edge
    inner join step.scope as scope on edge.record_l = scope.record_id
    union
    select edge.record_l as record_id
    from edge
    inner join step.scope as scope on edge.record_r = scope.record_id
    union
    select other.record_id as record_id
    from step.scope as scope
    inner join identity.assignment as this on scope.record_id = this.record_id
    inner join identity.assignment as other on this.profile_id = other.profile_id
)
select tied.record_id as record_id
from tied
anti join step.scope as scope on tied.record_id = scope.record_id
