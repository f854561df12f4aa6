-- grain: one domain of e-mail addresses that is no mail provider's, with the organisation of it
-- key: global
-- reads: gold.identifier, gold.account, gold.profile
-- broadcast: step.mail_provider
-- writes: step.mail_domain
with held as (
    select
        case i.kind when 'email' then split_part(i.value, '@', 2) else i.value end as domain,
        i.profile_id,
        i.entity_type,
        i.kind = 'domain' as is_site,
        p.account_id as employer_id
    from gold.identifier as i
    left join gold.profile as p on p.profile_id = i.profile_id
    where i.kind in ('email', 'domain') and not i.blocked
),

domain as (
    select
        domain,
        count(distinct profile_id) filter (entity_type = 'organisation') as organisations,
        count(distinct profile_id) filter (entity_type = 'person') as persons,
        count(distinct profile_id) filter (employer_id is not null) as employed,
        bool_or(is_site and entity_type = 'organisation') as is_site,
        min(profile_id) filter (entity_type = 'organisation') as account_id
    from held
    where contains(domain, '.')
    group by domain
)

select
    d.domain,
    case when d.organisations = 1 then d.account_id end as account_id,
    case when d.organisations = 1 then a.name end as company
from domain as d
anti join step.mail_provider as m on m.domain = d.domain
left join gold.account as a on a.account_id = d.account_id
-- what several companies have, or many people who work elsewhere or nowhere, is that of a mail
-- provider which the list does not know
where
    (d.organisations between 1 and 3 or (d.organisations = 0 and d.persons between 2 and 9))
    and (d.is_site or d.persons <= 5 or d.employed >= 0.3 * d.persons)
