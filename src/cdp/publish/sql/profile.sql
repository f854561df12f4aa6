-- grain: one person or anonymous visitor, as its ready-made document
-- key: profile_id
-- reads: gold.profile, gold.feature, gold.enrichment, gold.score, gold.segment_member, gold.role, gold.household_member
-- writes: step.document_profile
with conclusion as (
    select
        profile_id,
        -- texts are gathered and sorted much faster than structures, and begin with the name
        concat('{', array_to_string(list_sort(list(concat(
            to_json(attribute),
            ':',
            to_json({'value': value, 'confidence': confidence, 'method': method})
        ))), ','), '}') as inferred
    from gold.enrichment
    group by profile_id
),
score_list as (
    select
        profile_id,
        concat('[', array_to_string(list_sort(list(to_json({
            'score': score,
            'value': value,
            'currency': currency,
            'band': band,
            'decile': decile,
            'status': status,
            'as_of': strftime(as_of, '%Y-%m-%dT%H:%M:%SZ'),
            'method': method,
            'version': version,
            'model_version': model_version,
            'trained_at': strftime(trained_at, '%Y-%m-%dT%H:%M:%SZ'),
            'age_days': date_diff('day', trained_at, as_of)
        })::varchar)), ','), ']') as scores
    from gold.score
    group by profile_id
),
segment_list as (
    select
        profile_id,
        concat('[', array_to_string(list_sort(list(to_json({
            'segment': segment,
            'entered_at': strftime(entered_at, '%Y-%m-%dT%H:%M:%SZ'),
            'entered_run': entered_run,
            'is_control': coalesce(is_control, false)
        })::varchar)), ','), ']') as segments
    from gold.segment_member
    group by profile_id
),
role_list as (
    select
        profile_id,
        concat('[', array_to_string(list_sort(list(to_json({
            'role': role,
            'scope': scope,
            'attributes': attributes,
            'records': records,
            'valid_from': strftime(valid_from, '%Y-%m-%dT%H:%M:%SZ'),
            'valid_to': strftime(valid_to, '%Y-%m-%dT%H:%M:%SZ')
        })::varchar)), ','), ']') as roles
    from gold.role
    group by profile_id
)
select
    profile.profile_id,
    -- what is JSON already is not read again
    concat(left(to_json({
        'profile_id': profile.profile_id,
        'profile_type': profile.profile_type,
        'full_name': profile.full_name,
        'title': profile.title,
        'given_name': profile.given_name,
        'middle_name': profile.middle_name,
        'family_name': profile.family_name,
        'gender': profile.gender,
        'birth_date': profile.birth_date::varchar,
        'language': profile.language,
        'email': profile.email,
        'phone': profile.phone,
        'address': {
            'street': profile.street,
            'house_number': profile.house_number,
            'postcode': profile.postcode,
            'city': profile.city,
            'state': profile.state,
            'country': profile.country
        },
        'company': profile.company,
        'job_title': profile.job_title,
        'account_id': profile.account_id,
        'status': profile.status,
        'region': profile.region,
        'record_count': profile.record_count,
        'source_count': profile.source_count,
        'source_names': profile.sources,
        'first_seen_at': strftime(profile.first_seen_at, '%Y-%m-%dT%H:%M:%SZ'),
        'last_seen_at': strftime(profile.last_seen_at, '%Y-%m-%dT%H:%M:%SZ'),
        'custom': profile.custom,
        'household': case when home.household_id is not null then {
            'household_id': home.household_id,
            'role': home.role,
            'method': home.method,
            'confidence': home.confidence,
            'others': home.others
        } end
    })::varchar, -1), ',"inferred":', coalesce(conclusion.inferred, '{}'), ',"facts":', coalesce(
        if(feature.profile_id is null, null, to_json({
            'as_of': strftime(feature.as_of, '%Y-%m-%dT%H:%M:%SZ'),
            'currency': feature.currency,
            'orders': feature.orders,
            'orders_365d': feature.orders_365d,
            'revenue': feature.revenue,
            'revenue_365d': feature.revenue_365d,
            'average_basket': feature.average_basket,
            'first_order_at': strftime(feature.first_order_at, '%Y-%m-%dT%H:%M:%SZ'),
            'last_order_at': strftime(feature.last_order_at, '%Y-%m-%dT%H:%M:%SZ'),
            'recency_days': feature.recency_days,
            'tenure_days': feature.tenure_days,
            'open_carts': feature.open_carts,
            'interactions_30d': feature.interactions_30d,
            'interactions_90d': feature.interactions_90d,
            'emails_opened_90d': feature.emails_opened_90d,
            'emails_clicked_90d': feature.emails_clicked_90d,
            'web_views_30d': feature.web_views_30d,
            'last_interaction_at': strftime(feature.last_interaction_at, '%Y-%m-%dT%H:%M:%SZ'),
            'preferred_channel': feature.preferred_channel,
            'top_interest': feature.top_interest
        })::varchar), 'null'
    ), ',"scores":', coalesce(score_list.scores, '[]'), ',"segments":', coalesce(
        segment_list.segments, '[]'
    ), ',"roles":', coalesce(role_list.roles, '[]'), '}') as document
from gold.profile as profile
left join gold.household_member as home
    on home.profile_id = profile.profile_id
left join conclusion
    on conclusion.profile_id = profile.profile_id
left join gold.feature as feature
    on feature.profile_id = profile.profile_id
left join score_list
    on score_list.profile_id = profile.profile_id
left join segment_list
    on segment_list.profile_id = profile.profile_id
left join role_list
    on role_list.profile_id = profile.profile_id
order by
    profile.profile_id
