-- grain: one interaction of one party; twice where it is a person's and an organisation's
-- key: global
-- reads: gold.interaction
-- writes: temp.overview_action
-- A mere projection from the keys of persons and of organisations to one. A product that is told by
-- an address alone goes by it without what follows ? or #: there campaigns and addresses stand.
with done as not materialized (
    select
        profile_id,
        account_id,
        interaction_id,
        record_id,
        occurred_at,
        channel,
        type,
        case
            when type = 'product_viewed'
                then regexp_replace(
                    subject, '^(([A-Za-z][A-Za-z0-9+.-]*:/)?/[^?#]*)[?#].*$', '\1', 's'
                )
            else subject
        end as subject,
        properties
    from gold.interaction
)

select
    profile_id,
    interaction_id,
    record_id,
    occurred_at,
    channel,
    type,
    subject,
    properties
from done
where profile_id is not null
union all
select
    account_id as profile_id,
    interaction_id,
    record_id,
    occurred_at,
    channel,
    type,
    subject,
    properties
from done
where account_id is distinct from profile_id
    and account_id is not null
