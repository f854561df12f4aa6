-- grain: one household or group with its id: that of which it has most members, else a new one
-- key: global
-- reads: step.collective, step.collective_before
-- writes: step.collective_id
with overlap as (
    select
        c.kind,
        c.first_id,
        b.id,
        b.seed_id,
        b.ordinal,
        count(*) as members
    from step.collective as c
    inner join step.collective_before as b on b.kind = c.kind and b.member_id = c.member_id
    group by c.kind, c.first_id, b.id, b.seed_id, b.ordinal
),

claimed as (
    -- an id goes where most of its members went
    select
        kind,
        first_id,
        id,
        seed_id,
        ordinal,
        members
    from overlap
    qualify row_number() over (partition by kind, id order by members desc, first_id) = 1
),

kept as (
    select
        kind,
        first_id,
        id,
        seed_id,
        ordinal
    from claimed
    qualify row_number() over (partition by kind, first_id order by members desc, id) = 1
),

taken as (
    select
        kind,
        seed_id,
        max(ordinal) as ordinal
    from kept
    group by kind, seed_id
),

minted as (
    select
        c.kind,
        c.first_id,
        c.first_id as seed_id,
        coalesce(t.ordinal + 1, 0) as ordinal
    from (select distinct kind, first_id from step.collective) as c
    anti join kept as k on k.kind = c.kind and k.first_id = c.first_id
    left join taken as t on t.kind = c.kind and t.seed_id = c.first_id
)

select
    kind,
    first_id,
    id,
    seed_id,
    ordinal
from kept
union all
select
    kind,
    first_id,
    concat(
        case kind when 'household' then 'H-' else 'G-' end,
        left(md5(concat_ws('|', kind, seed_id, ordinal)), 20)
    ) as id,
    seed_id,
    ordinal::integer as ordinal
from minted
