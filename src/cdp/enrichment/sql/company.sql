-- grain: one conclusion on where one person works
-- key: profile_id
-- reads: step.enriched_party, gold.identifier
-- broadcast: step.mail_domain
-- writes: gold.enrichment
with address as (
    select
        p.profile_id,
        p.company,
        p.account_id,
        d.domain,
        d.company as employer,
        row_number() over (
            partition by p.profile_id
            order by d.company is null, i.verified desc, i.seen_at desc, i.value
        ) as place
    from step.enriched_party as p
    inner join gold.identifier as i
        on i.profile_id = p.profile_id and i.kind = 'email' and not i.blocked
    inner join step.mail_domain as d on d.domain = split_part(i.value, '@', 2)
    where p.entity_type = 'person'
)

select
    profile_id,
    'person' as entity_type,
    'company_domain' as attribute,
    domain as value,
    case when employer is null then 0.6 else 0.9 end::double as confidence,
    'email_domain' as method,
    to_json({'domain': domain}) as evidence
from address
where place = 1
union all
select
    profile_id,
    'person' as entity_type,
    'company' as attribute,
    employer as value,
    0.9::double as confidence,
    'email_domain' as method,
    to_json({'domain': domain}) as evidence
from address
where place = 1 and employer is not null and company is null and account_id is null
