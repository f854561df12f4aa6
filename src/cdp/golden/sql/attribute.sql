-- grain: one golden value of one attribute of one profile
-- key: profile_id
-- reads: step.merit
-- writes: gold.attribute
with whole_name as (
    select
        profile_id,
        arg_min(value, struct_pack(c := costs, v := value)) as value
    from step.merit
    where attribute = 'full_name'
    group by profile_id
),

bearer as (
    select
        m.profile_id,
        m.record_id
    from step.merit as m
    inner join whole_name as w on w.profile_id = m.profile_id and w.value = m.value
    where m.attribute = 'full_name'
    group by m.profile_id, m.record_id
),

merit as (
    select
        profile_id,
        entity_type,
        attribute,
        value,
        record_id,
        source,
        trust_tier,
        seen_at,
        rules,
        costs
    from step.merit
    where attribute not in ('given_name', 'middle_name', 'family_name')
    union all
    -- given and family name come of one name, never of two
    select
        m.profile_id,
        m.entity_type,
        m.attribute,
        m.value,
        m.record_id,
        m.source,
        m.trust_tier,
        m.seen_at,
        list_prepend('whole_name', m.rules) as rules,
        list_prepend((b.record_id is null)::double, m.costs) as costs
    from step.merit as m
    left join bearer as b on b.profile_id = m.profile_id and b.record_id = m.record_id
    where m.attribute in ('given_name', 'middle_name', 'family_name')
),

of_value as (
    -- equal values are one candidate, told by its best record
    select
        profile_id,
        attribute,
        value,
        min(struct_pack(costs := costs, record_id := record_id)) as best
    from merit
    group by profile_id, attribute, value
),

ranked as (
    select
        profile_id,
        attribute,
        value,
        best.record_id as record_id,
        row_number() over best_first as place,
        first_value(best.costs) over best_first as least
    from of_value
    window best_first as (
        partition by profile_id, attribute
        order by best.costs, value
    )
),

candidate as (
    select
        m.profile_id,
        m.entity_type,
        m.attribute,
        m.value,
        m.record_id,
        m.source,
        m.trust_tier,
        m.seen_at,
        m.rules,
        m.costs,
        r.place,
        r.least
    from ranked as r
    inner join merit as m
        on m.profile_id = r.profile_id
        and m.attribute = r.attribute
        and m.record_id = r.record_id
        and m.value = r.value
),

told as (
    -- a value lost by the first rule on which it differs from the golden one
    select
        profile_id,
        attribute,
        value,
        record_id,
        source,
        trust_tier,
        seen_at,
        place,
        coalesce(
            rules[list_position(
                [pair[1] is distinct from pair[2] for pair in list_zip(least, costs)], true
            )],
            'tie_break'
        ) as rule
    from candidate
    where place > 1
),

beaten as (
    select
        profile_id,
        attribute,
        arg_min(rule, place) as rule,
        to_json(list(struct_pack(
            value := value,
            record_id := record_id,
            source := source,
            trust_tier := trust_tier,
            seen_at := strftime(seen_at, '%Y-%m-%dT%H:%M:%SZ'),
            rule := rule
        ) order by place)) as losers
    from told
    group by profile_id, attribute
)

select
    w.profile_id,
    w.entity_type,
    w.attribute,
    w.value,
    w.record_id,
    w.source,
    w.trust_tier,
    w.seen_at,
    coalesce(b.rule, 'only_value') as rule,
    coalesce(b.losers, '[]'::json) as losers
from candidate as w
left join beaten as b on b.profile_id = w.profile_id and b.attribute = w.attribute
where w.place = 1
