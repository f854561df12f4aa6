-- grain: one golden value of one attribute of one profile
-- key: profile_id
-- reads: step.merit
-- writes: gold.attribute
with whole_name as (
    select
        profile_id,
        value
    from step.merit
    where attribute = 'full_name'
    qualify row_number() over (
        partition by profile_id
        order by merits desc, value, record_id
    ) = 1
),

bearer as (
    select distinct
        m.profile_id,
        m.record_id
    from step.merit as m
    inner join whole_name as w on w.profile_id = m.profile_id and w.value = m.value
    where m.attribute = 'full_name'
),

part_of_name as (
    -- given and family name come of one name, never of two
    select
        m.* exclude (rules, merits),
        list_prepend('whole_name', m.rules) as rules,
        list_prepend((b.record_id is not null)::double, m.merits) as merits
    from step.merit as m
    left join bearer as b on b.profile_id = m.profile_id and b.record_id = m.record_id
    where m.attribute in ('given_name', 'middle_name', 'family_name')
),

merit as (
    select * from step.merit
    where attribute not in ('given_name', 'middle_name', 'family_name')
    union all by name
    select * from part_of_name
),

of_value as (
    -- equal values are one candidate, told by its best record
    select
        *,
        row_number() over (
            partition by profile_id, attribute, value
            order by merits desc, record_id
        ) as nth_record
    from merit
),

candidate as (
    select
        * exclude (nth_record),
        row_number() over best_first as place,
        first_value(merits) over best_first as best
    from of_value
    where nth_record = 1
    window best_first as (
        partition by profile_id, attribute
        order by merits desc, value, record_id
    )
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
                [pair[1] is distinct from pair[2] for pair in list_zip(best, merits)], true
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
