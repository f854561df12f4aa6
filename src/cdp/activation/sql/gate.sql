-- grain: one member of one segment, where to reach it, and why it may not be (null: it may)
-- key: profile_id
-- reads: gold.segment_member, gold.profile, gold.consent, gold.identifier, identity.profile
-- broadcast: gold.account
-- params: segment, purpose, channel, category, campaign, best_only, regions, born_by, hold_unknown_age, restricted, withdrawn_ids, withdrawn_points, leaving_ids
-- writes: temp.gate
with party as (
    select
        profile_id,
        status,
        region,
        birth_date,
        case $channel::varchar
            when 'email' then email
            when 'sms' then phone
            when 'phone' then phone
            when 'post' then nullif(
                concat_ws(', ', concat_ws(' ', street, house_number), postcode, city), ''
            )
        end as contact
    from gold.profile
    union all
    select
        account_id as profile_id,
        status,
        region,
        null as birth_date,
        case $channel::varchar
            when 'email' then email
            when 'sms' then phone
            when 'phone' then phone
            when 'post' then nullif(
                concat_ws(', ', concat_ws(' ', street, house_number), postcode, city), ''
            )
        end as contact
    from gold.account
),

member as (
    select
        m.profile_id,
        m.is_control or list_contains(m.control_of, $campaign::varchar) as is_control,
        p.status,
        p.region,
        p.birth_date,
        p.contact
    from gold.segment_member as m
    left join party as p
        on p.profile_id = m.profile_id
    where m.segment = $segment
),

gone as (
    select
        profile_id
    from identity.profile
    where status = 'erased'
    union
    select
        unnest($leaving_ids::varchar[]) as profile_id
),

permission as not materialized (
    select
        profile_id,
        contact_value,
        category,
        state
    from gold.consent
    where channel = $channel
        and purpose = $purpose
        and (category = 'any' or category = $category)
        and channel <> 'post'
    union all
    -- a postal permission names no address in a form of its own
    select
        profile_id,
        '*' as contact_value,
        category,
        arg_min(state, (contact_value = '*', contact_value)) as state
    from gold.consent
    where channel = $channel
        and purpose = $purpose
        and (category = 'any' or category = $category)
        and channel = 'post'
    group by
        profile_id,
        category
),

placeholder as (
    select distinct
        profile_id,
        value
    from gold.identifier
    where blocked
),

best as (
    -- the row for this contact point and category has heard those for all of them (`*`, `any`)
    select
        m.profile_id,
        m.is_control,
        m.status,
        m.region,
        m.birth_date,
        if(h.value is null, m.contact, null) as contact,
        case
            when
                list_contains($withdrawn_points::varchar[], m.contact)
                or list_contains($withdrawn_ids::varchar[], m.profile_id)
                then 'denied'
            else coalesce(own.state, of_any.state, every_own.state, every_any.state)
        end as state
    from member as m
    left join placeholder as h
        on h.profile_id = m.profile_id
        and h.value = m.contact
    left join permission as own
        on own.profile_id = m.profile_id
        and own.contact_value = m.contact
        and own.category = $category
    left join permission as of_any
        on of_any.profile_id = m.profile_id
        and of_any.contact_value = m.contact
        and of_any.category = 'any'
    left join permission as every_own
        on every_own.profile_id = m.profile_id
        and every_own.contact_value = '*'
        and every_own.category = $category
    left join permission as every_any
        on every_any.profile_id = m.profile_id
        and every_any.contact_value = '*'
        and every_any.category = 'any'
),

other_point as (
    -- what else a member is reached by, where the best contact point may not be used
    select
        b.profile_id,
        i.value as contact,
        coalesce(i.verified, false) as verified,
        i.seen_at,
        case
            when
                list_contains($withdrawn_points::varchar[], i.value)
                or list_contains($withdrawn_ids::varchar[], i.profile_id)
                then 'denied'
            else (
                array_agg(c.state order by c.contact_value = '*', c.category = 'any')
                filter (where c.state is not null)
            )[1]
        end as state
    from best as b
    inner join gold.identifier as i
        on i.profile_id = b.profile_id
        and i.kind = if($channel = 'email', 'email', 'phone')
    left join permission as c
        on c.profile_id = i.profile_id
        and c.contact_value in (i.value, '*')
    where not i.blocked
        and not $best_only
        and $purpose <> 'internal'
        and $channel <> 'post'
        and (b.contact is null or coalesce(b.state, '') <> 'granted')
        and i.value is distinct from b.contact
    group by
        b.profile_id,
        i.profile_id,
        i.value,
        i.verified,
        i.seen_at
),

other as (
    select
        profile_id,
        count(*) as points,
        arg_max(contact, (verified, seen_at, contact)) filter (where state = 'granted') as contact,
        min(state) filter (where state <> 'granted') as state
    from other_point
    group by profile_id
),

chosen as (
    select
        b.profile_id,
        b.is_control,
        b.status,
        b.region,
        b.birth_date,
        if(o.contact is null, b.contact, o.contact) as contact,
        if(o.contact is null, coalesce(b.state, o.state), 'granted') as state,
        b.contact is not null or o.points is not null as is_reachable
    from best as b
    left join other as o
        on o.profile_id = b.profile_id
)

select
    c.profile_id,
    c.contact,
    case
        when g.profile_id is not null then 'erased'
        when list_contains($restricted::varchar[], c.profile_id) then 'restricted'
        when c.region is not null and not list_contains($regions::varchar[], c.region) then 'region'
        when c.birth_date > $born_by::date then 'below_age'
        when $hold_unknown_age and c.birth_date is null then 'age_unknown'
        when $purpose = 'internal' then null
        when c.status in ('blocked', 'obsolete') then c.status
        when c.is_control then 'control_group'
        when not c.is_reachable then 'no_contact_point'
        when c.state is null then 'no_permission'
        when c.state <> 'granted' then c.state
    end as reason
from chosen as c
left join gone as g
    on g.profile_id = c.profile_id
