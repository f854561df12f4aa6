-- grain: one row of counts over the whole stage
-- key: global
-- reads: silver.record, silver.consent, step.consent_statement, gold.source_record, gold.profile, gold.account, gold.attribute, gold.identifier, gold.consent, gold.relationship, gold.household, gold.company_group, gold.order, gold.cart, gold.quote, gold.interaction, gold.ticket, gold.lead, gold.opportunity, gold.activity, gold.asset
-- writes: step.summary
with event as (
    select profile_id, account_id from gold.cart
    union all
    select profile_id, account_id from gold.quote
    union all
    select profile_id, account_id from gold.interaction
    union all
    select profile_id, account_id from gold.ticket
    union all
    select profile_id, account_id from gold.lead
    union all
    select profile_id, account_id from gold.opportunity
    union all
    select profile_id, account_id from gold.activity
    union all
    select profile_id, account_id from gold.asset
)

select
    (select count(*) from silver.record) as records,
    (
        select count(*) from silver.record as r
        anti join gold.source_record as s on s.record_id = r.record_id
    ) as records_without_profile,
    (select count(*) from gold.profile) as profiles,
    (select count(*) from gold.profile where profile_type = 'visitor') as visitors,
    (select count(*) from gold.account) as accounts,
    (select count(*) from gold.attribute) as attributes,
    (
        select count(*) from gold.attribute where rule <> 'only_value'
    ) as conflicts_resolved,
    (select count(*) from gold.identifier) as identifiers,
    (select count(*) from gold.identifier where blocked) as identifiers_blocked,
    (select count(*) from gold.relationship) as relationships,
    (select count(*) from gold.household) as households,
    (select count(*) from gold.company_group) as groups,
    (select count(*) from gold.consent) as consents,
    (select count(*) from gold.consent where rule = 'later_opt_in') as consents_lifted,
    (
        select count(*) from silver.consent as c
        anti join step.consent_statement as s on s.consent_id = c.consent_id
    ) as consents_unheard,
    (select count(*) from gold.order) as orders,
    (
        select count(*) from gold.order where coalesce(profile_id, account_id) is null
    ) as orders_unattached,
    (select count(*) from gold.order where duplicate_of is not null) as orders_copied,
    (select count(*) from event) as events,
    (
        select count(*) from event where coalesce(profile_id, account_id) is null
    ) as events_unattached
