-- grain: one id that was ever issued
-- key: global
-- reads: identity.profile, step.ids_cluster_id, step.ids_flow, step.ids_alias
-- writes: step.ids_profile
with issued as (
    select
        profile_id,
        entity_type,
        seed_record,
        ordinal,
        born_run,
        status as before
    from identity.profile
    union all by name
    select
        profile_id,
        entity_type,
        seed_record,
        ordinal,
        born_run,
        null::varchar as before
    from step.ids_cluster_id
    where minted
),
held as (
    select
        profile_id,
        count(*) as records
    from step.ids_flow
    where live
    group by profile_id
)
select
    issued.profile_id as profile_id,
    issued.entity_type as entity_type,
    issued.seed_record as seed_record,
    issued.ordinal as ordinal,
    issued.born_run as born_run,
    case
        when issued.before = 'erased' then 'erased'
        when alias.retired_id is not null then 'merged'
        when held.records > 0 then 'live'
        else 'emptied'
    end as status,
    issued.before as before,
    coalesce(held.records, 0) as records
from issued
left join held on issued.profile_id = held.profile_id
left join step.ids_alias as alias on issued.profile_id = alias.retired_id
