-- grain: one record one of whose orders is a copy of another order than before
-- key: global
-- reads: step.linked_order, step.order_near, step.touched_record_id
-- writes: step.touched_record_id
select distinct linked.record_id as record_id
from step.linked_order as linked
semi join step.order_near as near on linked.order_id = near.order_id
anti join step.touched_record_id as known on linked.record_id = known.record_id
where linked.record_id is not null
