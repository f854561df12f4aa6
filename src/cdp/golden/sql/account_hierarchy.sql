-- grain: one organisation that stands above or below another
-- key: global
-- reads: step.parent
-- writes: gold.account_hierarchy
-- Where organisations stand above each other in a circle, the link above the one with the smallest
-- id is cut: it is the top then.
with recursive climbed as (
    select
        profile_id as account_id,
        parent_account_id as above,
        [profile_id] as path
    from step.parent
    union all
    select
        c.account_id,
        p.parent_account_id as above,
        list_append(c.path, c.above) as path
    from climbed as c
    inner join step.parent as p on p.profile_id = c.above
    where not list_contains(c.path, c.above)
),
longest as (
    select
        account_id,
        above,
        path,
        list_position(path, above) as again
    from climbed
    qualify row_number() over (partition by account_id order by len(path) desc) = 1
),
topped as (
    select
        account_id,
        path,
        case when again is null then above else list_min(path[again:]) end as top_account_id,
        again is not null as has_circle
    from longest
),
placed as (
    select
        t.account_id,
        case when t.account_id <> t.top_account_id then p.parent_account_id end
            as parent_account_id,
        t.top_account_id,
        coalesce(list_position(t.path, t.top_account_id) - 1, len(t.path))::integer as depth,
        t.has_circle and t.account_id = t.top_account_id as is_cut,
        case when t.has_circle and t.account_id = t.top_account_id then p.parent_account_id end
            as cut_account_id
    from topped as t
    inner join step.parent as p on p.profile_id = t.account_id
)
select
    account_id,
    parent_account_id,
    top_account_id,
    depth,
    is_cut,
    cut_account_id
from placed
union all
select distinct
    top_account_id as account_id,
    null::varchar as parent_account_id,
    top_account_id,
    0 as depth,
    false as is_cut,
    null::varchar as cut_account_id
from placed
where top_account_id not in (select profile_id from step.parent)
