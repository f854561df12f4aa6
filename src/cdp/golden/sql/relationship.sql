-- grain: one relationship between two profiles
-- key: profile_id
-- reads: step.related
-- writes: gold.relationship
select
    profile_id,
    other_id,
    kind,
    min(other_type) as other_type,
    list_reduce(
        list(attributes order by valid_from nulls first, from_record_id, record_id),
        lambda earlier, later: json_merge_patch(earlier, later)
    ) as attributes,
    list(distinct from_record_id order by from_record_id) as records,
    min(valid_from) as valid_from,
    -- one record that knows no end keeps it open
    case when bool_and(valid_to is not null) then max(valid_to) end as valid_to
from step.related
group by profile_id, other_id, kind
