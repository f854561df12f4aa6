-- grain: one target group that another system keeps
-- key: global
-- reads: silver.target_group
-- writes: gold.target_group
select
    target_group_id,
    source,
    name,
    description,
    status,
    is_control_group,
    size,
    created_at,
    changed_at,
    custom
from silver.target_group
