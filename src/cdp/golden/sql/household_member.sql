-- grain: one person living in one household
-- key: global
-- reads: step.collective, step.collective_id, step.household_link, step.home
-- writes: gold.household_member
with of_member as (
    select
        left_id as profile_id,
        method,
        confidence
    from step.household_link
    union all
    select
        right_id as profile_id,
        method,
        confidence
    from step.household_link
),

certain as (
    select
        profile_id,
        max(confidence) as confidence,
        arg_max(method, (confidence, method)) as method
    from of_member
    group by profile_id
),

member as (
    select
        i.id as household_id,
        c.member_id as profile_id,
        h.birth_year,
        s.method,
        s.confidence,
        row_number() over (
            partition by i.id
            order by h.birth_year nulls last, h.record_count desc nulls last, c.member_id
        ) as place
    from step.collective as c
    inner join step.collective_id as i on i.kind = c.kind and i.first_id = c.first_id
    inner join certain as s on s.profile_id = c.member_id
    left join step.home as h on h.profile_id = c.member_id
    where c.kind = 'household'
),

aged as (
    select
        household_id,
        profile_id,
        method,
        confidence,
        place,
        birth_year - min(birth_year) over (partition by household_id) as years_younger
    from member
),

peer as (
    -- where several are of the head's age none is told to be the partner
    select
        household_id,
        count(*) filter (years_younger < 16) as peers,
        list_sort(list(profile_id)) as everybody
    from aged
    group by household_id
)

select
    a.household_id,
    a.profile_id,
    case
        when a.place = 1 then 'head'
        when a.years_younger >= 16 then 'child'
        when a.years_younger < 16 and p.peers = 2 then 'partner'
        else 'member'
    end as role,
    a.method,
    a.confidence,
    list_filter(p.everybody, lambda other: other <> a.profile_id) as others
from aged as a
inner join peer as p on p.household_id = a.household_id
