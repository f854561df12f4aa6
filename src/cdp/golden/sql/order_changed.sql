-- grain: one order that is new, gone or another than before
-- key: global
-- reads: step.linked_order_now, step.linked_order_before
-- writes: step.order_changed
-- `step.linked_order_before` holds the orders that may have changed, as they were.
select distinct order_id
from (
    (from step.linked_order_now except from step.linked_order_before)
    union all
    (from step.linked_order_before except from step.linked_order_now)
)
