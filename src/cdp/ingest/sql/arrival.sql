-- grain: one delivered row of a record that came several times, and whether it is a new version
-- key: record_id
-- reads: temp.arrived, temp.several, temp.known_version
-- writes: temp.arrival
with latest as (
    select
        record_id,
        arg_max(content_hash, seq) as content_hash
    from temp.known_version
    group by record_id
),

known as (
    select distinct
        record_id,
        content_hash,
        changed_at
    from temp.known_version
),

known_content as (
    select distinct
        record_id,
        content_hash
    from known
),

numbered as (
    select
        arrived.record_id,
        arrived.content_hash,
        arrived.changed_at,
        arrived.seq,
        row_number() over (
            partition by arrived.record_id, arrived.content_hash, arrived.changed_at
            order by arrived.seq
        ) as occurrence,
        min(arrived.content_hash) over (partition by arrived.record_id)
        <> max(arrived.content_hash) over (partition by arrived.record_id) as has_several_versions
    from temp.arrived as arrived
    join temp.several as several
        on arrived.record_id = several.record_id
)

select
    numbered.record_id,
    numbered.seq,
    numbered.occurrence > 1 as is_duplicate,
    numbered.occurrence = 1
    and known.record_id is null
    -- without a time of change, going back to an earlier content is a change as well, unless the
    -- delivery holds several versions itself: then it tells the same history once more
    and (
        numbered.changed_at is not null
        or latest.content_hash is distinct from numbered.content_hash
    )
    and (
        numbered.changed_at is not null
        or not numbered.has_several_versions
        or known_content.record_id is null
    ) as is_new
from numbered
left join latest
    on numbered.record_id = latest.record_id
left join known_content
    on numbered.record_id = known_content.record_id
    and numbered.content_hash = known_content.content_hash
left join known
    on numbered.record_id = known.record_id
    and numbered.content_hash = known.content_hash
    and numbered.changed_at = known.changed_at
