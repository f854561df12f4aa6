-- grain: one typed relationship between two source records
-- key: record_id
-- reads: temp.canonical_good
-- writes: silver.relationship
-- Where an embedded link and an object of its own say the same, the richer one counts.
with link as (
    select
        record_id,
        seq,
        slot,
        item,
        max(value) filter (where field = 'other_record_id') as other_record_id,
        max(value) filter (where field = 'kind') as kind,
        coalesce(
            to_json(map_from_entries(
                list((split_part(field, '.', 2), value) order by field)
                    filter (where field like 'attribute.%')
            )),
            '{}'::json
        ) as attributes,
        count(*) as filled,
        max(value) filter (where field = 'valid_from')::timestamp as valid_from,
        max(value) filter (where field = 'valid_to')::timestamp as valid_to
    from temp.canonical_good
    where kind = 'relationship'
    group by record_id, seq, slot, item
)
select
    record_id,
    other_record_id,
    kind,
    attributes,
    valid_from,
    valid_to
from link
where other_record_id <> record_id
qualify row_number() over (
    partition by record_id, other_record_id, kind
    order by filled desc, seq desc, slot, item
) = 1
