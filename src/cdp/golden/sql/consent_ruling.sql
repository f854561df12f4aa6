-- grain: the statement in force for one scope of one profile
-- key: profile_id
-- reads: step.consent_scope, step.consent_statement, gold.identifier
-- writes: step.consent_ruling
-- An opt-in that names no contact point holds for those of the record that gave it, and for none
-- that another record brought: that both are one person is a conclusion, and no permission.
with applicable as (
    -- `*` speaks for every contact point, `any` for every category
    select
        g.profile_id,
        g.contact_kind,
        g.contact_value,
        g.channel,
        g.purpose,
        g.category,
        s.consent_id,
        s.state,
        s.given_at,
        s.provable,
        s.proof,
        s.source,
        case s.state when 'denied' then 2 when 'pending' then 1 else 0 end as severity,
        -- only an opt-in for this very contact point and category can lift a refusal; post has
        -- no contact points to tell apart
        s.state = 'granted'
        and s.provable
        and s.category = g.category
        and s.contact_value = g.contact_value
        and (s.contact_value <> '*' or s.contact_kind = 'post') as can_lift,
        max(s.given_at) filter (s.state <> 'granted') over (
            partition by
                g.profile_id, g.contact_kind, g.contact_value, g.channel, g.purpose, g.category
        ) as refused_at
    from step.consent_scope as g
    left join gold.identifier as i
        on i.profile_id = g.profile_id
        and i.kind = g.contact_kind
        and i.value = g.contact_value
    inner join step.consent_statement as s
        on s.profile_id = g.profile_id
        and s.contact_kind = g.contact_kind
        and s.contact_value in (g.contact_value, '*')
        and (
            s.contact_value = g.contact_value
            or s.state <> 'granted'
            or list_contains(i.records, s.record_id)
        )
        and s.channel = g.channel
        and s.purpose = g.purpose
        and s.category in (g.category, 'any')
),

ranked as (
    select
        *,
        coalesce(can_lift and given_at > refused_at, false) as lifts,
        row_number() over (
            partition by profile_id, contact_kind, contact_value, channel, purpose, category
            order by
                coalesce(can_lift and given_at > refused_at, false) desc,
                severity desc,
                provable desc,
                given_at desc,
                consent_id
        ) as place
    from applicable
),

ruled as (
    select
        profile_id,
        contact_kind,
        contact_value,
        channel,
        purpose,
        category,
        count(*) as statements,
        arg_min(state, place) as state,
        list(struct_pack(
            consent_id := consent_id,
            source := source,
            state := state,
            given_at := strftime(given_at, '%Y-%m-%dT%H:%M:%SZ')
        ) order by place) as heard
    from ranked
    group by profile_id, contact_kind, contact_value, channel, purpose, category
)

select
    w.profile_id,
    w.contact_kind,
    w.contact_value,
    w.channel,
    w.purpose,
    w.category,
    w.state,
    case
        when r.statements = 1 then 'only_statement'
        when w.lifts then 'later_opt_in'
        else 'most_restrictive'
    end as rule,
    w.consent_id,
    w.source,
    w.given_at,
    w.proof,
    to_json([said for said in r.heard if said.state <> r.state]) as losers
from ranked as w
inner join ruled as r
    on r.profile_id = w.profile_id
    and r.contact_kind = w.contact_kind
    and r.contact_value = w.contact_value
    and r.channel = w.channel
    and r.purpose = w.purpose
    and r.category = w.category
where w.place = 1
    -- by post `*` is the address; else a permission is one for a contact point
    and (w.contact_value <> '*' or w.contact_kind = 'post' or w.state <> 'granted')
