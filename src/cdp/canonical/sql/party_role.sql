-- grain: one role that one source record plays
-- key: record_id
-- reads: temp.canonical_good
-- writes: silver.party_role
-- Where a record and an object of its own tell of one role, the richer one counts.
with played as (
    select
        record_id,
        seq,
        slot,
        item,
        max(value) filter (where field = 'role') as role,
        coalesce(max(value) filter (where field = 'scope'), 'any') as scope,
        coalesce(
            to_json(map_from_entries(
                list((split_part(field, '.', 2), value) order by field)
                    filter (where field like 'attribute.%')
            )),
            '{}'::json
        ) as attributes,
        count(*) as filled,
        max(value) filter (where field = 'valid_from')::timestamp as valid_from,
        max(value) filter (where field = 'valid_to')::timestamp as valid_to,
        max(seen_at) as seen_at
    from temp.canonical_good
    where kind = 'role'
    group by record_id, seq, slot, item
)
select
    record_id,
    role,
    scope,
    attributes,
    valid_from,
    valid_to,
    seen_at
from played
qualify row_number() over (
    partition by record_id, role, scope
    order by filled desc, seq desc, slot, item
) = 1
