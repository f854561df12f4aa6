-- grain: one record whose events belong to somebody else now, for what they name beside it
-- key: global
-- reads: silver.order, silver.cart, silver.quote, silver.interaction, silver.ticket, silver.lead, silver.opportunity, silver.activity, silver.asset, silver.campaign_member, silver.target_group_member, step.touched_record_id, step.reference_flip
-- writes: step.touched_record_id
with event as (
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.order
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.cart
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.quote
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.interaction
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.ticket
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.lead
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.opportunity
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.activity
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.asset
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.campaign_member
    where record_id is not null
    union all
    select
        record_id,
        account_record_id,
        ref_kind,
        ref_value
    from silver.target_group_member
    where record_id is not null
),

reached as (
    select event.record_id as record_id
    from event
    semi join step.touched_record_id as touched on event.account_record_id = touched.record_id
    union
    select event.record_id as record_id
    from event
    semi join step.reference_flip as flip
        on event.ref_kind = flip.kind and event.ref_value = flip.value
)

select reached.record_id as record_id
from reached
anti join step.touched_record_id as known on reached.record_id = known.record_id
