-- grain: one golden value of one attribute of one profile
-- key: profile_id
-- reads: temp.merit
-- broadcast: step.rule_name
-- writes: gold.attribute
with whole_name as (
    select
        profile_id,
        arg_min(value, (costs, value)) as value
    from temp.merit
    where attribute = 'full_name'
    group by profile_id
),

bearer as (
    select distinct
        m.profile_id,
        m.record_id
    from temp.merit as m
    inner join whole_name as w on w.profile_id = m.profile_id and w.value = m.value
    where m.attribute = 'full_name'
),

merit as (
    select
        number,
        profile_id,
        attribute,
        value,
        record_id,
        costs
    from temp.merit
    where attribute not in ('given_name', 'middle_name', 'family_name')
    union all
    -- given and family name come of one name, never of two
    select
        m.number,
        m.profile_id,
        m.attribute,
        m.value,
        m.record_id,
        list_prepend((b.record_id is null)::double, m.costs) as costs
    from temp.merit as m
    left join bearer as b on b.profile_id = m.profile_id and b.record_id = m.record_id
    where m.attribute in ('given_name', 'middle_name', 'family_name')
),

of_value as (
    -- equal values are one candidate, told by its best record
    select
        profile_id,
        attribute,
        value,
        min(create_sort_key(costs, 'ASC NULLS LAST')) as cost,
        arg_min(
            number, create_sort_key(costs, 'ASC NULLS LAST', record_id, 'ASC NULLS LAST')
        ) as number
    from merit
    group by profile_id, attribute, value
),

winner as (
    select
        profile_id,
        attribute,
        count(*) as candidates,
        arg_min(number, create_sort_key(cost, 'ASC NULLS LAST', value, 'ASC NULLS LAST'))
            as number
    from of_value
    group by profile_id, attribute
),

beside as materialized (
    select
        v.profile_id,
        v.attribute,
        v.value,
        w.candidates,
        create_sort_key(v.cost, 'ASC NULLS LAST', v.value, 'ASC NULLS LAST') as place,
        v.number,
        w.number as golden
    from of_value as v
    inner join winner as w on w.profile_id = v.profile_id and w.attribute = v.attribute
    where w.candidates > 1 and v.number <> w.number
),

lost as (
    -- a value lost by the first rule on which it differs from the golden one
    select
        v.profile_id,
        v.attribute,
        v.candidates,
        v.place,
        coalesce(
            r.rules[list_position(
                [pair[1] is distinct from pair[2] for pair in list_zip(golden.costs, own.costs)],
                true
            )],
            'tie_break'
        ) as rule,
        v.value,
        m.record_id,
        m.source,
        m.trust_tier,
        m.seen_at
    from beside as v
    inner join merit as own on own.number = v.number
    inner join merit as golden on golden.number = v.golden
    inner join temp.merit as m on m.number = v.number
    inner join step.rule_name as r on r.attribute = v.attribute
),

loser as (
    select
        profile_id,
        attribute,
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
        profile_id,
        attribute,
        rule,
        loser as losers
    from loser
    where candidates = 2
    union all
    select
        profile_id,
        attribute,
        arg_min(rule, place) as rule,
        string_agg(loser, ',' order by place) as losers
    from loser
    where candidates > 2
    group by profile_id, attribute
)

select
    w.profile_id,
    m.entity_type,
    w.attribute,
    m.value,
    m.record_id,
    m.source,
    m.trust_tier,
    m.seen_at,
    coalesce(b.rule, 'only_value') as rule,
    concat('[', b.losers, ']')::json as losers
from winner as w
inner join temp.merit as m on m.number = w.number
left join beaten as b on b.profile_id = w.profile_id and b.attribute = w.attribute
