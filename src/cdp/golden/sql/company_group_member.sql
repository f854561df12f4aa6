-- grain: one organisation of one group
-- key: global
-- reads: step.collective, step.collective_id, step.group_link, step.firm, step.firm_domain, step.parent
-- writes: gold.company_group_member
with of_member as (
    select
        left_id as account_id,
        method,
        confidence
    from step.group_link
    union all
    select
        right_id as account_id,
        method,
        confidence
    from step.group_link
),

certain as (
    select
        account_id,
        max(confidence) as confidence,
        arg_max(method, (confidence, method)) as method
    from of_member
    group by account_id
),

bare as (
    select profile_id
    from step.firm_domain
    where label = brand
    group by profile_id
),

member as (
    select
        i.id as group_id,
        c.member_id as account_id,
        f.name_key,
        f.is_head,
        f.record_count,
        s.method,
        s.confidence,
        b.profile_id is not null as is_bare,
        p.parent_account_id
    from step.collective as c
    inner join step.collective_id as i on i.kind = c.kind and i.first_id = c.first_id
    inner join certain as s on s.account_id = c.member_id
    inner join step.firm as f on f.profile_id = c.member_id
    left join bare as b on b.profile_id = c.member_id
    left join step.parent as p on p.profile_id = c.member_id
    where c.kind = 'group'
),

above as (
    -- only what lies in the group is above one of its members
    select
        m.group_id,
        m.account_id,
        o.account_id as parent_account_id
    from member as m
    inner join member as o
        on o.group_id = m.group_id and o.account_id = m.parent_account_id
),

children as (
    select
        group_id,
        parent_account_id as account_id,
        count(*) as children
    from above
    group by group_id, parent_account_id
),

placed as (
    select
        m.group_id,
        m.account_id,
        m.name_key,
        m.method,
        m.confidence,
        a.parent_account_id,
        row_number() over (
            partition by m.group_id
            order by
                a.parent_account_id is not null,
                coalesce(k.children, 0) desc,
                m.is_head desc,
                m.is_bare desc,
                m.record_count desc,
                m.account_id
        ) as place
    from member as m
    left join above as a on a.group_id = m.group_id and a.account_id = m.account_id
    left join children as k on k.group_id = m.group_id and k.account_id = m.account_id
)

select
    p.group_id,
    p.account_id,
    case
        when p.place = 1 then 'head' when p.name_key = h.name_key then 'site' else 'subsidiary'
    end as role,
    case when p.place > 1 then coalesce(p.parent_account_id, h.account_id) end
        as parent_account_id,
    p.method,
    p.confidence
from placed as p
inner join placed as h on h.group_id = p.group_id and h.place = 1
