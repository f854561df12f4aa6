-- grain: one scored pair that may be another than before
-- key: global
-- reads: identity.edge
-- writes: step.edge_after
select
    record_l,
    record_r,
    entity_type,
    match_weight,
    probability,
    weights,
    innocent,
    innocent_share,
    decided,
    decided_by,
    model_version
from identity.edge
