-- grain: one pair of persons of one household, with what says so; of a family each with its first
-- key: global
-- reads: step.resident, step.house, step.shared_contact
-- writes: step.household_link
with dweller as (
    select
        r.profile_id,
        r.family_key,
        r.family_parts,
        r.house,
        h.persons,
        h.families,
        h.units,
        h.is_business,
        h.years_apart,
        h.dated,
        -- whoever leaves the flat out lives where the family is known to live
        coalesce(
            nullif(r.unit, ''),
            case
                when
                    r.family_key <> ''
                    and count(distinct nullif(r.unit, '')) over (
                        partition by r.house, r.family_key
                    ) = 1
                then max(r.unit) over (partition by r.house, r.family_key)
            end,
            ''
        ) as unit
    from step.resident as r
    inner join step.house as h on h.house = r.house
),

family as (
    -- where nearly everybody has another name, as in a dormitory, one name may be chance
    select
        *,
        min(profile_id) over (partition by house, unit, family_key) as first_id,
        count(*) over (partition by house, unit, family_key) as members
    from dweller
    where family_key <> '' and not (persons >= 10 and families > 0.8 * persons)
),

by_name as (
    select
        first_id as left_id,
        profile_id as right_id,
        'address_and_name' as method,
        case when is_business then 0.8 when persons > 10 and unit = '' then 0.85 else 0.95 end
            as confidence
    from family
    where profile_id <> first_id
),

head as (
    select
        house,
        unit,
        family_key,
        max(family_parts) as family_parts,
        first_id,
        members,
        persons,
        families,
        units,
        is_business,
        years_apart,
        dated
    from family
    group by all
),

by_similar_name as (
    -- a slip of the pen, or one half of a double name
    select
        a.first_id as left_id,
        b.first_id as right_id,
        'address_and_name' as method,
        0.85 as confidence
    from head as a
    inner join head as b
        on b.house = a.house and b.unit = a.unit and a.family_key < b.family_key
    where
        a.families <= 12
        and least(length(a.family_key), length(b.family_key)) >= 4
        and (
            list_has_any(a.family_parts, b.family_parts)
            or damerau_levenshtein(a.family_key, b.family_key) = 1
        )
),

by_similar_street as (
    -- a slip of the pen in the street
    select
        a.profile_id as left_id,
        b.profile_id as right_id,
        'address_and_name' as method,
        0.85 as confidence
    from step.resident as a
    inner join step.resident as b
        on b.plot = a.plot and b.family_key = a.family_key and a.profile_id < b.profile_id
    where
        a.house <> b.house
        and a.family_key <> ''
        and (a.unit = b.unit or a.unit = '' or b.unit = '')
        and least(length(a.street_key), length(b.street_key)) >= 5
        and damerau_levenshtein(a.street_key, b.street_key) = 1
),

flat as (
    select
        house,
        unit,
        count(*) as families,
        sum(members) as persons,
        min(members) as smallest,
        min(first_id) as first_id
    from head
    -- in a house of several flats only those whose flat is known live together
    where not is_business and (unit <> '' or units = 0)
    group by house, unit
),

by_address as (
    -- a couple with two names, or friends of one age who share a flat
    select
        f.first_id as left_id,
        h.first_id as right_id,
        'address' as method,
        case when f.families = 2 then 0.75 else 0.6 end as confidence
    from flat as f
    inner join head as h on h.house = f.house and h.unit = f.unit
    where
        h.first_id <> f.first_id
        and (f.unit <> '' or f.families = h.families)
        and (
            (f.families = 2 and f.smallest = 1 and f.persons <= 6)
            or (f.families = 3 and f.persons = 3 and h.dated >= 2 and h.years_apart <= 15)
        )
),

contact as (
    select
        s.kind,
        s.value,
        s.profile_id,
        s.holders,
        r.family_key,
        r.house,
        r.unit,
        -- the telephone of a house full of strangers is nobody's own
        coalesce(h.families >= 4, false) as is_institution
    from step.shared_contact as s
    inner join step.resident as r on r.profile_id = s.profile_id
    left join step.house as h on h.house = r.house
),

institution as (
    select
        kind,
        value
    from contact
    group by kind, value
    having bool_or(is_institution) and count(distinct family_key) > 2
),

by_contact as (
    select
        a.profile_id as left_id,
        b.profile_id as right_id,
        a.family_key = b.family_key and a.family_key <> '' as is_family,
        a.house = b.house and (a.unit = b.unit or a.unit = '' or b.unit = '') as is_home,
        a.house is null or b.house is null as is_unsettled,
        a.holders,
        i.kind is not null as is_institution
    from contact as a
    inner join contact as b
        on b.kind = a.kind and b.value = a.value and a.profile_id < b.profile_id
    left join institution as i on i.kind = a.kind and i.value = a.value
),

by_contact_ruled as (
    select
        left_id,
        right_id,
        case
            when is_family then 'name_and_contact' when is_home then 'address_and_contact'
            else 'contact'
        end as method,
        case when is_family then 0.9 when is_home then 0.9 else 0.7 end as confidence
    from by_contact
    where
        is_family
        or (not is_institution and (coalesce(is_home, false) or (is_unsettled and holders <= 4)))
),

link as (
    select left_id, right_id, method, confidence from by_name
    union all
    select left_id, right_id, method, confidence from by_similar_name
    union all
    select left_id, right_id, method, confidence from by_similar_street
    union all
    select left_id, right_id, method, confidence from by_address
    union all
    select left_id, right_id, method, confidence from by_contact_ruled
)

select
    least(left_id, right_id) as left_id,
    greatest(left_id, right_id) as right_id,
    arg_max(method, (confidence, method)) as method,
    max(confidence)::double as confidence
from link
group by least(left_id, right_id), greatest(left_id, right_id)
