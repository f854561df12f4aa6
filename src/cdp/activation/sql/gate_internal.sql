-- grain: one member of one segment that nobody contacts, and why it may not leave (null: it may)
-- key: profile_id
-- reads: gold.segment_member, gold.profile, identity.profile
-- broadcast: gold.account
-- params: segment, regions, born_by, hold_unknown_age, restricted, leaving_ids
-- writes: temp.gate
with gone as (
    select
        profile_id
    from identity.profile
    where status = 'erased'
    union
    select
        unnest($leaving_ids::varchar[]) as profile_id
),

-- read only where something is asked of them
party as (
    select
        profile_id,
        region,
        birth_date
    from gold.profile
    where $regions::varchar[] is not null or $born_by::date is not null
    union all
    select
        account_id as profile_id,
        region,
        null as birth_date
    from gold.account
    where $regions::varchar[] is not null or $born_by::date is not null
)

select
    m.profile_id,
    null::varchar as contact,
    case
        when g.profile_id is not null then 'erased'
        when list_contains($restricted::varchar[], m.profile_id) then 'restricted'
        when p.region is not null and not list_contains($regions::varchar[], p.region) then 'region'
        when p.birth_date > $born_by::date then 'below_age'
        when $hold_unknown_age and p.birth_date is null then 'age_unknown'
    end as reason
from gold.segment_member as m
left join party as p
    on p.profile_id = m.profile_id
left join gone as g
    on g.profile_id = m.profile_id
where m.segment = $segment
