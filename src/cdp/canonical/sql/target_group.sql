-- grain: one target group that another system keeps
-- key: global
-- reads: temp.canonical_event
-- writes: silver.target_group
-- A mere projection; record_id in step is the key of the thing itself.
select
    e.record_id as target_group_id,
    e.source,
    e.fields['name'] as name,
    e.fields['description'] as description,
    e.fields['status'] as status,
    e.fields['is_control_group']::boolean as is_control_group,
    e.fields['size']::integer as size,
    e.fields['created_at']::timestamp as created_at,
    e.fields['changed_at']::timestamp as changed_at,
    coalesce(e.fields['custom'], '{}')::json as custom
from temp.canonical_event as e
where e.kind = 'target_group'
