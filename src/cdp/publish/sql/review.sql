-- grain: one question to a steward, with names
-- key: global
-- reads: identity.review, gold.profile, gold.account
-- writes: step.document_review
with named as (
    select
        profile_id,
        full_name as name
    from gold.profile
    union all by name
    select
        account_id as profile_id,
        name
    from gold.account
)
select
    review.item_id,
    to_json({
        'item_id': review.item_id,
        'place': review.place,
        'direction': review.direction,
        'entity_type': review.entity_type,
        'profile_id': review.profile_id,
        'name': one.name,
        'other_id': review.other_id,
        'other_name': other.name,
        'side_l': review.side_l,
        'side_r': review.side_r,
        'record_l': review.record_l,
        'record_r': review.record_r,
        'match_weight': round(review.match_weight, 4),
        'scored': review.scored,
        'pooled_weight': round(review.pooled_weight, 4),
        'chance': round(review.chance, 6),
        'uncertainty': round(review.uncertainty, 6),
        'records': review.records,
        'orders': review.orders,
        'consents': review.consents,
        'worth': round(review.worth, 4)
    })::varchar as document
from identity.review as review
left join named as one
    on one.profile_id = review.profile_id
left join named as other
    on other.profile_id = review.other_id
order by
    review.item_id
