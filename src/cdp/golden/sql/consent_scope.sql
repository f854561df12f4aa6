-- grain: one contact point, channel, purpose and category of one profile that a statement touches
-- key: profile_id
-- reads: step.consent_statement, gold.identifier
-- writes: step.consent_scope
with stated as (
    select distinct
        profile_id,
        contact_kind,
        contact_value,
        channel,
        purpose,
        category
    from step.consent_statement
),

point as (
    select
        profile_id,
        contact_kind,
        contact_value
    from stated
    where contact_value <> '*'
    union
    select
        profile_id,
        kind as contact_kind,
        value as contact_value
    from gold.identifier
    where kind in ('email', 'phone') and not blocked
)

select
    profile_id,
    contact_kind,
    contact_value,
    channel,
    purpose,
    category
from stated
union
-- a statement that names no contact point touches every one of its kind
select
    s.profile_id,
    s.contact_kind,
    p.contact_value,
    s.channel,
    s.purpose,
    s.category
from stated as s
inner join point as p on p.profile_id = s.profile_id and p.contact_kind = s.contact_kind
where s.contact_value = '*'
