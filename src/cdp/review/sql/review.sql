-- grain: one question to a steward
-- key: global
-- reads: step.review_apart, step.review_joined, gold.order, gold.consent
-- params: least, most
-- writes: identity.review
-- Uncertainty is 1 where the chances are even and 0 where they are not worth a look.
with asked as (
    select
        'apart' as direction,
        'apart' || chr(31) || profile_id || chr(31) || other_id as identity,
        entity_type,
        profile_id,
        other_id,
        side_l,
        side_r,
        record_l,
        record_r,
        match_weight,
        scored,
        pooled_weight
    from step.review_apart
    union all by name
    select
        'joined' as direction,
        'joined' || chr(31) || profile_id || chr(31) || side_l[1] || chr(31) || side_r[1]
            as identity,
        entity_type,
        profile_id,
        null::varchar as other_id,
        side_l,
        side_r,
        record_l,
        record_r,
        match_weight,
        scored,
        pooled_weight
    from step.review_joined
),
weighed as (
    select
        asked.*,
        1 / (1 + pow(2, -pooled_weight)) as chance,
        1 - abs(2 / (1 + pow(2, -pooled_weight)) - 1) as uncertainty
    from asked
),
held as (
    select
        coalesce(case when entity_type = 'organisation' then account_id end, profile_id) as id,
        orders,
        consents
    from (
        select
            'person' as entity_type,
            profile_id,
            null::varchar as account_id,
            count(*) as orders,
            0 as consents
        from gold.order
        where duplicate_of is null and profile_id is not null
        group by profile_id
        union all by name
        select
            'organisation' as entity_type,
            null::varchar as profile_id,
            account_id,
            count(*) as orders,
            0 as consents
        from gold.order
        where duplicate_of is null and account_id is not null
        group by account_id
        union all by name
        select
            'consent' as entity_type,
            profile_id,
            null::varchar as account_id,
            0 as orders,
            count(*) as consents
        from gold.consent
        where consent_id is not null
        group by profile_id
    )
),
stake as (
    select
        id,
        sum(orders)::bigint as orders,
        sum(consents)::bigint as consents
    from held
    group by id
),
valued as (
    select
        weighed.*,
        'R-' || left(sha256(weighed.identity), 12) as item_id,
        len(weighed.side_l) + len(weighed.side_r) as records,
        coalesce(one.orders, 0) + coalesce(other.orders, 0) as orders,
        coalesce(one.consents, 0) + coalesce(other.consents, 0) as consents
    from weighed
    left join stake as one on weighed.profile_id = one.id
    left join stake as other on weighed.other_id = other.id
    where weighed.uncertainty >= $least::double
),
first as (
    select
        valued.*,
        uncertainty * (records + orders + consents) as worth
    from valued
    order by
        uncertainty * (records + orders + consents) desc,
        item_id
    limit $most::bigint
)
select
    item_id,
    row_number() over (
        order by
            worth desc,
            item_id
    ) as place,
    direction,
    entity_type,
    profile_id,
    other_id,
    side_l,
    side_r,
    record_l,
    record_r,
    match_weight,
    scored,
    pooled_weight,
    chance,
    uncertainty,
    records,
    orders,
    consents,
    worth
from first
order by place
