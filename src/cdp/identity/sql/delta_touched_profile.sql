-- grain: one profile that lost, won or kept a touched record, or whose ties changed
-- key: global
-- reads: step.touched_record_id, step.scope_before, step.edge_before, identity.edge, identity.assignment
-- writes: step.delta_touched_profile
with moved as (
    select
        before.record_id as record_id,
        before.profile_id as before_id,
        after.profile_id as after_id
    from step.scope_before as before
    left join identity.assignment as after on before.record_id = after.record_id
    where
        after.profile_id is distinct from before.profile_id
        or after.live is distinct from before.live
),
changed_edge as (
    (select * from step.edge_before except select * from identity.edge)
    union all
    (select * from identity.edge except select * from step.edge_before)
),
record as (
    select record_id from step.touched_record_id
    union
    select unnest([record_l, record_r]) as record_id from changed_edge
),
profile as (
    select before_id as profile_id from moved
    union
    select after_id as profile_id from moved
    union
    select assignment.profile_id as profile_id
    from record
    inner join identity.assignment as assignment on record.record_id = assignment.record_id
    union
    select before.profile_id as profile_id
    from record
    inner join step.scope_before as before on record.record_id = before.record_id
)
select
    profile_id,
    profile_id as account_id
from profile
where profile_id is not null
