select
    record_l,
    record_r,
    match_weight,
    probability,
    weights,
    innocent,
    innocent_share,
    pooled_weight,
    decided,
    decided_by
from identity.edge
where (list_contains($one, record_l) and list_contains($other, record_r))
    or (list_contains($other, record_l) and list_contains($one, record_r))
order by
    match_weight desc,
    record_l,
    record_r
