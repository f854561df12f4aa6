-- grain: one golden value of one attribute of one profile
-- key: profile_id
-- reads: temp.candidate
-- broadcast: step.rule_name
-- writes: gold.attribute
-- `costs_of_value` and `sources_of_value` are the rules of the workspace (`cdp.golden.merit`).
with choice as materialized (
    -- what is told once needs none; but the other names follow the whole one
    select
        profile_id,
        attribute,
        row_number() over () as choice
    from temp.candidate
    group by profile_id, attribute
    having count(*) > 1 or attribute = 'full_name'
),

plain as materialized (
    -- equal values are one, told by its best record
    select
        h.choice,
        c.value,
        count(*) as records,
        sources_of_value(c.source) as sources,
        arg_min(
            c.number,
            create_sort_key(c.costs, 'ASC NULLS LAST', c.record_id, 'ASC NULLS LAST')
        ) as number
    from temp.candidate as c
    inner join choice as h on h.profile_id = c.profile_id and h.attribute = c.attribute
    where c.attribute not in ('given_name', 'middle_name', 'family_name')
    group by h.choice, c.value
),

whole_name as (
    select
        c.profile_id,
        arg_min(
            c.value,
            create_sort_key(
                costs_of_value(c.attribute, c.costs, p.records, p.sources), 'ASC NULLS LAST',
                c.value, 'ASC NULLS LAST'
            )
        ) as value
    from plain as p
    inner join temp.candidate as c on c.number = p.number
    where c.attribute = 'full_name'
    group by c.profile_id
),

bearer as (
    select c.record_id
    from temp.candidate as c
    semi join whole_name as w on w.profile_id = c.profile_id and w.value = c.value
    where c.attribute = 'full_name'
),

part_of_name as (
    -- given and family name come of one name, never of two
    select
        h.choice,
        c.value,
        count(*) as records,
        sources_of_value(c.source) as sources,
        arg_min(
            c.number,
            create_sort_key(
                b.record_id is null, 'ASC NULLS LAST',
                c.costs, 'ASC NULLS LAST',
                c.record_id, 'ASC NULLS LAST'
            )
        ) as number,
        bool_and(b.record_id is null) as is_other
    from temp.candidate as c
    inner join choice as h on h.profile_id = c.profile_id and h.attribute = c.attribute
    left join bearer as b on b.record_id = c.record_id
    where c.attribute in ('given_name', 'middle_name', 'family_name')
    group by h.choice, c.value
),

of_value as (
    select
        choice,
        number,
        records,
        sources,
        []::double[] as above_rules
    from plain
    union all
    select
        choice,
        number,
        records,
        sources,
        [is_other::double] as above_rules
    from part_of_name
),

best as materialized (
    select
        v.choice,
        v.number,
        v.above_rules
        || costs_of_value(c.attribute, c.costs, v.records, v.sources) as costs,
        c.profile_id,
        c.entity_type,
        c.attribute,
        c.value,
        c.record_id,
        c.source,
        c.trust_tier,
        c.seen_at
    from of_value as v
    inner join temp.candidate as c on c.number = v.number
),

winner as materialized (
    select
        choice,
        count(*) as candidates,
        arg_min(number, create_sort_key(costs, 'ASC NULLS LAST', value, 'ASC NULLS LAST'))
            as number
    from best
    group by choice
),

lost as (
    -- a value lost by the first rule on which it differs from the golden one
    select
        v.choice,
        w.candidates,
        create_sort_key(v.costs, 'ASC NULLS LAST', v.value, 'ASC NULLS LAST') as place,
        coalesce(
            r.rules[list_position(
                [pair[1] is distinct from pair[2] for pair in list_zip(golden.costs, v.costs)],
                true
            )],
            'tie_break'
        ) as rule,
        v.value,
        v.record_id,
        v.source,
        v.trust_tier,
        v.seen_at
    from best as v
    inner join winner as w on w.choice = v.choice
    inner join best as golden on golden.number = w.number
    inner join step.rule_name as r on r.attribute = v.attribute
    where w.candidates > 1 and v.number <> w.number
),

loser as (
    select
        choice,
        candidates,
        place,
        rule,
        to_json(struct_pack(
            value := value,
            record_id := record_id,
            source := source,
            trust_tier := trust_tier,
            seen_at := strftime(seen_at, '%Y-%m-%dT%H:%M:%SZ'),
            rule := rule
        ))::varchar as loser
    from lost
),

beaten as (
    -- mostly there is one, and a list of one is costly to make
    select
        choice,
        rule,
        loser as losers
    from loser
    where candidates = 2
    union all
    select
        choice,
        arg_min(rule, place) as rule,
        string_agg(loser, ',' order by place) as losers
    from loser
    where candidates > 2
    group by choice
)

select
    c.profile_id,
    c.entity_type,
    c.attribute,
    c.value,
    c.record_id,
    c.source,
    c.trust_tier,
    c.seen_at,
    'only_value' as rule,
    '[]'::json as losers
from temp.candidate as c
anti join choice as h on h.profile_id = c.profile_id and h.attribute = c.attribute
union all
select
    m.profile_id,
    m.entity_type,
    m.attribute,
    m.value,
    m.record_id,
    m.source,
    m.trust_tier,
    m.seen_at,
    coalesce(b.rule, 'only_value') as rule,
    concat('[', b.losers, ']')::json as losers
from winner as w
inner join best as m on m.number = w.number
left join beaten as b on b.choice = w.choice
