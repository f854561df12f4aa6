-- grain: one pair of organisations of one group, with what says so
-- key: global
-- reads: step.firm, step.firm_domain, step.related, gold.identifier, step.firm_house
-- writes: step.group_link
with by_relationship as (
    select
        profile_id as left_id,
        other_id as right_id,
        'relationship' as method,
        0.99 as confidence
    from step.related
    where
        entity_type = 'organisation'
        and other_type = 'organisation'
        and kind in (
            'subsidiary_of', 'parent_of', 'branch_of', 'site_of', 'division_of', 'part_of',
            'owned_by'
        )
        and valid_to is null
),

shared as (
    select
        kind,
        value,
        profile_id,
        min(profile_id) over (partition by kind, value) as first_id,
        count(*) over (partition by kind, value) as holders
    from gold.identifier
    where entity_type = 'organisation' and kind in ('tax_id', 'phone') and not blocked
),

by_tax_id as (
    select
        first_id as left_id,
        profile_id as right_id,
        'tax_id' as method,
        0.97 as confidence
    from shared
    where kind = 'tax_id' and profile_id <> first_id and holders <= 50
),

of_domain as (
    select
        profile_id,
        min(profile_id) over (partition by domain) as first_id,
        count(*) over (partition by domain) as holders
    from step.firm_domain
),

by_domain as (
    select
        first_id as left_id,
        profile_id as right_id,
        'domain' as method,
        0.92 as confidence
    from of_domain
    where profile_id <> first_id
),

by_name as (
    -- sites of one company; two tax numbers make two companies
    select
        a.profile_id as left_id,
        b.profile_id as right_id,
        'name' as method,
        0.8 as confidence
    from step.firm as a
    inner join step.firm as b on b.name_key = a.name_key and a.profile_id < b.profile_id
    where
        contains(a.name_key, ' ')
        and a.brand is not null
        and coalesce(a.tax_id, b.tax_id, '') = coalesce(b.tax_id, a.tax_id, '')
        -- where both have a domain, it decides
        and not (
            a.profile_id in (select profile_id from step.firm_domain)
            and b.profile_id in (select profile_id from step.firm_domain)
        )
),

branded as (
    select
        profile_id,
        brand,
        is_head,
        count(*) over (partition by brand) as bearers
    from step.firm
    where brand is not null
),

cousin as (
    select
        a.profile_id as left_id,
        b.profile_id as right_id,
        a.brand,
        a.is_head or b.is_head as is_headed
    from branded as a
    inner join branded as b on b.brand = a.brand and a.profile_id < b.profile_id
    -- a word that many companies begin with is no brand
    where a.bearers <= 30
),

in_domain as (
    select
        profile_id,
        bool_or(label = brand) as is_bare,
        bool_or(starts_with(label, concat(brand, '-'))) as is_extended
    from step.firm_domain
    where starts_with(label, brand)
    group by profile_id
),

by_brand as (
    select
        c.left_id,
        c.right_id,
        case
            when ph.profile_id is not null or hs.profile_id is not null then 'name_and_contact'
            when a.profile_id is not null and b.profile_id is not null then 'name_and_domain'
            when c.is_headed then 'name'
        end as method,
        c.is_headed
    from cousin as c
    left join in_domain as a on a.profile_id = c.left_id and (a.is_bare or a.is_extended)
    left join in_domain as b on b.profile_id = c.right_id and (b.is_bare or b.is_extended)
    left join (
        select
            l.profile_id,
            r.profile_id as other_id
        from shared as l
        inner join shared as r on r.kind = l.kind and r.value = l.value
        where l.kind = 'phone'
        group by l.profile_id, r.profile_id
    ) as ph on ph.profile_id = c.left_id and ph.other_id = c.right_id
    left join (
        select
            l.profile_id,
            r.profile_id as other_id
        from step.firm_house as l
        inner join step.firm_house as r on r.house = l.house
        group by l.profile_id, r.profile_id
    ) as hs on hs.profile_id = c.left_id and hs.other_id = c.right_id
),

link as (
    select left_id, right_id, method, confidence from by_relationship
    union all
    select left_id, right_id, method, confidence from by_tax_id
    union all
    select left_id, right_id, method, confidence from by_domain
    union all
    select left_id, right_id, method, confidence from by_name
    union all
    select
        left_id,
        right_id,
        method,
        case method when 'name_and_contact' then 0.9 when 'name_and_domain' then 0.85 else 0.7 end
            as confidence
    from by_brand
    where method is not null
)

select
    least(left_id, right_id) as left_id,
    greatest(left_id, right_id) as right_id,
    arg_max(method, (confidence, method)) as method,
    max(confidence)::double as confidence
from link
where left_id <> right_id
group by least(left_id, right_id), greatest(left_id, right_id)
