-- grain: one person, visitor or organisation, counted from its records
-- key: profile_id
-- reads: step.linked_record
-- writes: temp.entity
with told as (
    select
        profile_id,
        source,
        custom,
        changed_at,
        record_id,
        count(*) over (partition by profile_id, source) as records
    from step.linked_record
    where custom::varchar <> '{}'
),

custom_of_source as (
    -- of one source, the record changed last has the last word on each field
    select
        profile_id,
        source,
        list_reduce(
            list(custom order by changed_at nulls first, record_id),
            lambda earlier, later: json_merge_patch(earlier, later)
        ) as custom
    from told
    where records > 1
    group by profile_id, source
    union all
    select
        profile_id,
        source,
        custom
    from told
    where records = 1
),

spoken as (
    select
        profile_id,
        source,
        custom,
        count(*) over (partition by profile_id) as sources
    from custom_of_source
    where custom::varchar <> '{}'
),

custom as (
    select
        profile_id,
        to_json(map_from_entries(
            list(struct_pack(k := source, v := custom) order by source)
        )) as custom
    from spoken
    where sources > 1
    group by profile_id
    union all
    select
        profile_id,
        to_json(map([source], [custom])) as custom
    from spoken
    where sources = 1
),

counted as (
    select
        profile_id,
        min(entity_type) as entity_type,
        count(*) as record_count,
        count(distinct source) as source_count,
        list_sort(list(distinct source)) as sources,
        min(coalesce(created_at, changed_at)) as first_seen_at,
        max(coalesce(changed_at, created_at)) as last_seen_at
    from step.linked_record
    group by profile_id
)

select
    n.profile_id,
    n.entity_type,
    n.record_count,
    n.source_count,
    n.sources,
    n.first_seen_at,
    n.last_seen_at,
    coalesce(c.custom, '{}'::json) as custom
from counted as n
left join custom as c on c.profile_id = n.profile_id
