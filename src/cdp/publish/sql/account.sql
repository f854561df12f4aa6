-- grain: one organisation or group, as its ready-made document
-- key: global
-- reads: gold.account, gold.feature, gold.enrichment, gold.score, gold.segment_member, gold.role, gold.company_group, gold.company_group_member, gold.account_hierarchy
-- writes: step.document_account
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
    where profile_id in (select account_id from gold.account)
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
    where profile_id in (select account_id from gold.account)
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
    where profile_id in (select account_id from gold.account)
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
    where profile_id in (select account_id from gold.account)
    group by profile_id
)
select
    account.account_id,
    -- what is JSON already is not read again
    concat(left(to_json({
        'account_id': account.account_id,
        'account_type': account.account_type,
        'name': account.name,
        'group_kind': account.group_kind,
        'email': account.email,
        'phone': account.phone,
        'website': account.website,
        'industry': account.industry,
        'tax_id': account.tax_id,
        'language': account.language,
        'address': {
            'street': account.street,
            'house_number': account.house_number,
            'postcode': account.postcode,
            'city': account.city,
            'state': account.state,
            'country': account.country
        },
        'role': account.role,
        'status': account.status,
        'parent_account_id': account.parent_account_id,
        'region': account.region,
        'record_count': account.record_count,
        'source_count': account.source_count,
        'source_names': account.sources,
        'first_seen_at': strftime(account.first_seen_at, '%Y-%m-%dT%H:%M:%SZ'),
        'last_seen_at': strftime(account.last_seen_at, '%Y-%m-%dT%H:%M:%SZ'),
        'custom': account.custom,
        'group': case when company_group.group_id is not null then {
            'group_id': company_group.group_id,
            'name': company_group.name,
            'members': company_group.members,
            'role': member.role,
            'parent_account_id': member.parent_account_id,
            'method': member.method,
            'confidence': member.confidence
        } end,
        'hierarchy': case when hierarchy.account_id is not null then {
            'parent_account_id': hierarchy.parent_account_id,
            'top_account_id': hierarchy.top_account_id,
            'depth': hierarchy.depth,
            'is_cut': hierarchy.is_cut,
            'cut_account_id': hierarchy.cut_account_id
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
from gold.account as account
left join gold.company_group_member as member
    on member.account_id = account.account_id
left join gold.company_group as company_group
    on company_group.group_id = member.group_id
left join gold.account_hierarchy as hierarchy
    on hierarchy.account_id = account.account_id
left join conclusion
    on conclusion.profile_id = account.account_id
left join gold.feature as feature
    on feature.profile_id = account.account_id
left join score_list
    on score_list.profile_id = account.account_id
left join segment_list
    on segment_list.profile_id = account.account_id
left join role_list
    on role_list.profile_id = account.account_id
order by
    account.account_id
