-- grain: one key of one object that was landed and is not gone
-- key: record_id
-- reads: bronze.record
-- params: source, object
-- writes: temp.held
select native_id
from bronze.record
where source = $source and object = $object
group by native_id
having not coalesce(
    arg_max(coalesce(is_deleted, false), (coalesce(changed_at, timestamp '0001-01-01'), seq)), false
)
