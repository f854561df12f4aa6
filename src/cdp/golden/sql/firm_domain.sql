-- grain: one domain of one organisation, of its web site, its e-mail or that of its people
-- key: global
-- reads: gold.identifier, step.linked_identifier, step.related, step.firm, step.employer
-- broadcast: step.golden_mail_provider
-- writes: step.firm_domain
with own as (
    select
        profile_id,
        case kind when 'email' then split_part(value, '@', 2) else value end as domain,
        kind = 'domain' as is_site
    from gold.identifier
    where entity_type = 'organisation' and kind in ('email', 'domain') and not blocked
),

of_people as (
    select distinct
        r.other_id as profile_id,
        split_part(i.value, '@', 2) as domain,
        false as is_site
    from step.related as r
    inner join step.linked_identifier as i on i.record_id = r.from_record_id and i.kind = 'email'
    where r.kind = 'contact_of' and r.other_type = 'organisation'
),

labelled as (
    select
        profile_id,
        domain,
        is_site,
        string_split(domain, '.') as labels
    from own
    union all
    select
        profile_id,
        domain,
        is_site,
        string_split(domain, '.') as labels
    from of_people
),

site as (
    -- of `www.shop.brand.co.uk` the organisation has registered `brand.co.uk`
    select
        profile_id,
        is_site,
        case
            when len(labels) > 2 and labels[-2] in ('co', 'com', 'org', 'net', 'ac', 'gov')
            then labels[-3:]
            else labels[-2:]
        end as labels
    from labelled
    where domain <> ''
),

named as (
    select
        s.profile_id,
        array_to_string(s.labels, '.') as domain,
        s.labels[1] as label,
        bool_or(s.is_site) as is_site,
        min(f.brand) as brand
    from site as s
    inner join step.firm as f on f.profile_id = s.profile_id
    group by s.profile_id, array_to_string(s.labels, '.'), s.labels[1]
),

populated as (
    select
        split_part(i.value, '@', 2) as domain,
        count(distinct i.profile_id) as persons,
        count(distinct e.profile_id) as employed
    from gold.identifier as i
    left join step.employer as e on e.profile_id = i.profile_id
    where i.kind = 'email' and i.entity_type = 'person'
    group by split_part(i.value, '@', 2)
),

held as (
    select
        domain,
        count(*) as holders,
        count(distinct brand) as brands,
        bool_or(is_site) as is_site
    from named
    group by domain
)

select
    n.profile_id,
    n.domain,
    n.label,
    n.brand
from named as n
inner join held as h on h.domain = n.domain
left join populated as p on p.domain = n.domain
anti join step.golden_mail_provider as m on m.domain = n.domain
-- a domain of many companies is a provider's, or that of a shop or web host
where
    h.holders <= 20
    and (h.brands <= 3 or (h.is_site and h.brands <= 6))
    -- and one of many people who work elsewhere or nowhere a mail provider's
    and (h.is_site or coalesce(p.persons, 0) <= 5 or p.employed >= 0.3 * p.persons)
