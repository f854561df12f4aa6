-- grain: one member of one segment, where to reach it, and why it may not be (null: it may)
-- key: profile_id
-- reads: gold.segment_member, gold.profile, gold.consent, gold.identifier
-- broadcast: gold.account
-- params: segment, purpose, channel, category
-- writes: step.gate
with party as (
    select
        profile_id,
        status,
        email,
        phone,
        nullif(concat_ws(', ', concat_ws(' ', street, house_number), postcode, city), '') as address
    from gold.profile
    union all
    select
        account_id as profile_id,
        status,
        email,
        phone,
        nullif(concat_ws(', ', concat_ws(' ', street, house_number), postcode, city), '') as address
    from gold.account
),

member as (
    select
        m.profile_id,
        p.status,
        case $channel::varchar
            when 'email' then p.email
            when 'sms' then p.phone
            when 'phone' then p.phone
            when 'post' then p.address
        end as contact
    from gold.segment_member as m
    left join party as p
        on p.profile_id = m.profile_id
    where m.segment = $segment
),

permission as (
    -- the row for this contact point and category has heard those for all of them (`*`, `any`)
    select
        c.profile_id,
        c.state
    from gold.consent as c
    inner join member as m
        on m.profile_id = c.profile_id
        -- a postal permission names no address in a form of its own
        and (c.contact_value in (m.contact, '*') or c.channel = 'post')
    where c.channel = $channel
        and c.purpose = $purpose
        and (c.category = 'any' or c.category = $category)
    qualify row_number() over (
        partition by c.profile_id
        order by c.contact_value = '*', c.category = 'any', c.contact_value
    ) = 1
),

placeholder as (
    select distinct
        i.profile_id
    from gold.identifier as i
    inner join member as m
        on m.profile_id = i.profile_id
        and m.contact = i.value
    where i.blocked
)

select
    m.profile_id,
    m.contact,
    case
        when $purpose = 'internal' then null
        when m.status in ('blocked', 'obsolete') then m.status
        when m.contact is null or h.profile_id is not null then 'no_contact_point'
        when p.state is null then 'no_permission'
        when p.state <> 'granted' then p.state
    end as reason
from member as m
left join permission as p
    on p.profile_id = m.profile_id
left join placeholder as h
    on h.profile_id = m.profile_id
