-- grain: one golden value of one attribute of one profile
-- key: profile_id
-- reads: step.merit
-- writes: gold.attribute
with of_value as (
    -- equal values are one candidate, told by its best record
    select
        *,
        row_number() over (
            partition by profile_id, attribute, value
            order by merits desc, record_id
        ) as nth_record
    from step.merit
),

candidate as (
    select
        *,
        row_number() over (
            partition by profile_id, attribute
            order by merits desc, value, record_id
        ) as place
    from of_value
    where nth_record = 1
),

beaten as (
    select
        profile_id,
        attribute,
        arg_min(merits, place) as merits,
        to_json(list(struct_pack(
            value := value,
            record_id := record_id,
            source := source,
            trust_tier := trust_tier,
            seen_at := strftime(seen_at, '%Y-%m-%dT%H:%M:%SZ')
        ) order by place)) as losers
    from candidate
    where place > 1
    group by profile_id, attribute
),

winner as (
    select
        w.*,
        b.losers,
        list_position(
            [pair[1] is distinct from pair[2] for pair in list_zip(w.merits, b.merits)], true
        ) as deciding
    from candidate as w
    left join beaten as b on b.profile_id = w.profile_id and b.attribute = w.attribute
    where w.place = 1
)

select
    profile_id,
    entity_type,
    attribute,
    value,
    record_id,
    source,
    trust_tier,
    seen_at,
    case
        when losers is null then 'only_value'
        else coalesce(rules[deciding], 'tie_break')
    end as rule,
    coalesce(losers, '[]'::json) as losers
from winner
