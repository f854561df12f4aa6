-- grain: one contact of one organisation who did something in the window of one score
-- key: profile_id
-- reads: gold.relationship, gold.interaction, gold.order
-- broadcast: step.active_definition
-- params: as_of
-- writes: step.active_contact
with event as (
    select
        profile_id,
        occurred_at
    from gold.interaction
    where occurred_at <= $as_of
        -- what we sent is no reaction to it
        and type <> 'email_sent'
    union all
    select
        profile_id,
        ordered_at as occurred_at
    from gold.order
    where ordered_at <= $as_of
        and duplicate_of is null
        and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
)

select
    r.profile_id,
    r.other_id as account_id,
    d.score,
    max(e.occurred_at) as last_at
from gold.relationship as r
inner join event as e
    on e.profile_id = r.profile_id
inner join step.active_definition as d
    on d.entity_type = r.other_type
    and e.occurred_at > $as_of::timestamp - to_days(d.window_days::integer)
where r.kind = 'contact_of'
    and coalesce(r.valid_from, $as_of) <= $as_of
    and coalesce(r.valid_to, $as_of) >= $as_of
group by r.profile_id, r.other_id, d.score
