-- grain: one person, visitor, organisation or group, counted from its records
-- key: profile_id
-- reads: step.linked_record
-- writes: temp.entity
with of_source as materialized (
    select
        profile_id,
        source,
        min(entity_type) as entity_type,
        count(*) as records,
        min(coalesce(created_at, changed_at)) as first_seen_at,
        max(coalesce(changed_at, created_at)) as last_seen_at,
        count(*) filter (custom::varchar <> '{}') as told,
        max(custom::varchar) filter (custom::varchar <> '{}') as custom
    from step.linked_record
    group by profile_id, source
),

custom_of_source as (
    -- of one source, the record changed last has the last word on each field
    select
        r.profile_id,
        r.source,
        list_reduce(
            list(r.custom order by r.changed_at nulls first, r.record_id),
            lambda earlier, later: json_merge_patch(earlier, later)
        ) as custom
    from step.linked_record as r
    semi join of_source as s
        on s.profile_id = r.profile_id and s.source = r.source and s.told > 1
    where r.custom::varchar <> '{}'
    group by r.profile_id, r.source
    union all
    select
        profile_id,
        source,
        custom::json as custom
    from of_source
    where told = 1
),

spoken as materialized (
    select
        profile_id,
        source,
        json_object(source, custom)::varchar as custom
    from custom_of_source
    where custom::varchar <> '{}'
),

speaking as (
    select
        profile_id,
        count(*) as sources,
        min(custom) as custom
    from spoken
    group by profile_id
),

custom as (
    -- texts are put together faster than maps
    select
        s.profile_id,
        concat('{', string_agg(s.custom[2:-2], ',' order by s.source), '}')::json as custom
    from spoken as s
    semi join speaking as a on a.profile_id = s.profile_id and a.sources > 1
    group by s.profile_id
    union all
    select
        profile_id,
        custom::json as custom
    from speaking
    where sources = 1
),

counted as (
    select
        profile_id,
        min(entity_type) as entity_type,
        sum(records)::bigint as record_count,
        count(*) as source_count,
        list_sort(list(source)) as sources,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from of_source
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
