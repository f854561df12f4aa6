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
        min(struct_pack(
            costs := costs,
            record_id := record_id,
            entity_type := entity_type,
            source := source,
            trust_tier := trust_tier,
            seen_at := seen_at,
            rules := rules
        )) as told
    from merit
    group by profile_id, attribute, value
),

ranked as (
    select
        profile_id,
        attribute,
        list_sort(list(struct_pack(costs := told.costs, value := value, told := told))) as places
    from of_value
    group by profile_id, attribute
),

judged as (
    -- a value lost by the first rule on which it differs from the golden one
    select
        profile_id,
        attribute,
        places[1] as golden,
        case when len(places) > 1 then list_transform(
            places[2:],
            lambda lost: struct_pack(
                value := lost.value,
                record_id := lost.told.record_id,
                source := lost.told.source,
                trust_tier := lost.told.trust_tier,
                seen_at := strftime(lost.told.seen_at, '%Y-%m-%dT%H:%M:%SZ'),
                rule := coalesce(
                    lost.told.rules[list_position(
                        list_transform(
                            list_zip(places[1].costs, lost.costs),
                            lambda pair: pair[1] is distinct from pair[2]
                        ),
                        true
                    )],
                    'tie_break'
                )
            )
        ) end as losers
    from ranked
)

select
    profile_id,
    golden.told.entity_type as entity_type,
    attribute,
    golden.value as value,
    golden.told.record_id as record_id,
    golden.told.source as source,
    golden.told.trust_tier as trust_tier,
    golden.told.seen_at as seen_at,
    coalesce(losers[1].rule, 'only_value') as rule,
    coalesce(to_json(losers), '[]'::json) as losers
from judged
