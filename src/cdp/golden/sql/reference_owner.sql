-- grain: one identifier that an event names and that exactly one profile owns
-- key: global
-- reads: silver.order, silver.cart, silver.quote, silver.interaction, silver.ticket, silver.lead, silver.opportunity, silver.activity, silver.asset, silver.campaign_member, silver.target_group_member, gold.identifier
-- writes: step.reference_owner
with named as (
    select ref_kind as kind, ref_value as value from silver.order
    union
    select ref_kind as kind, ref_value as value from silver.cart
    union
    select ref_kind as kind, ref_value as value from silver.quote
    union
    select ref_kind as kind, ref_value as value from silver.interaction
    union
    select ref_kind as kind, ref_value as value from silver.ticket
    union
    select ref_kind as kind, ref_value as value from silver.lead
    union
    select ref_kind as kind, ref_value as value from silver.opportunity
    union
    select ref_kind as kind, ref_value as value from silver.activity
    union
    select ref_kind as kind, ref_value as value from silver.asset
    union
    select ref_kind as kind, ref_value as value from silver.campaign_member
    union
    select ref_kind as kind, ref_value as value from silver.target_group_member
),

owned as (
    select
        i.kind,
        i.value,
        min(i.profile_id) as owner_id,
        min(i.entity_type) as entity_type
    from gold.identifier as i
    semi join named as n on n.kind = i.kind and n.value = i.value
    where not i.blocked
    group by i.kind, i.value
    having count(*) = 1
)

select
    kind,
    value,
    case when entity_type not in ('organisation', 'group') then owner_id end as profile_id,
    case when entity_type in ('organisation', 'group') then owner_id end as account_id
from owned
