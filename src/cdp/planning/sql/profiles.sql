-- grain: one kind of profile: how many there were, would be, and what would become of them
-- key: global
-- reads: step.plan_assignment, identity.assignment
-- writes: step.plan_profiles
with flow as (
    select
        before.profile_id as before_id,
        after.profile_id as after_id,
        coalesce(after.entity_type, before.entity_type) as entity_type,
        count(*) as records
    from step.plan_assignment as before
    full join (select * from identity.assignment where live) as after
        on before.record_id = after.record_id
    group by
        before.profile_id,
        after.profile_id,
        coalesce(after.entity_type, before.entity_type)
),
old as (
    select
        before_id,
        min(entity_type) as entity_type,
        count(after_id) as pieces
    from flow
    where before_id is not null
    group by before_id
),
new as (
    select
        after_id,
        min(entity_type) as entity_type,
        count(before_id) as parts,
        bool_or(after_id = before_id) is true as is_kept
    from flow
    where after_id is not null
    group by after_id
),
kind as (
    select entity_type from old
    union
    select entity_type from new
),
old_tally as (
    select
        entity_type,
        count(*) as profiles,
        count(*) filter (where pieces > 1) as split,
        count(*) filter (where pieces = 0) as emptied
    from old
    group by entity_type
),
new_tally as (
    select
        entity_type,
        count(*) as profiles,
        count(*) filter (where parts > 1) as merged,
        count(*) filter (where not is_kept) as born
    from new
    group by entity_type
),
moved as (
    select
        entity_type,
        sum(records)::bigint as records
    from flow
    where before_id <> after_id
    group by entity_type
)
select
    kind.entity_type as entity_type,
    coalesce(old_tally.profiles, 0) as before,
    coalesce(new_tally.profiles, 0) as after,
    coalesce(new_tally.merged, 0) as merged,
    coalesce(old_tally.split, 0) as split,
    coalesce(new_tally.born, 0) as born,
    coalesce(old_tally.emptied, 0) as emptied,
    coalesce(moved.records, 0) as records_moved
from kind
left join old_tally on kind.entity_type = old_tally.entity_type
left join new_tally on kind.entity_type = new_tally.entity_type
left join moved on kind.entity_type = moved.entity_type
order by kind.entity_type
