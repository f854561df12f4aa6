-- grain: one scored pair as it was, of those that may be another now
-- key: global
-- reads: identity.edge
-- writes: step.edge_before
select *
from identity.edge
