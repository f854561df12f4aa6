-- grain: one object of one source
-- key: global
-- reads: temp.canonical_balance
-- writes: silver.reconciliation
-- An object of which nothing is left has no row.
select
    source,
    object,
    versions,
    accepted,
    superseded,
    deleted,
    quarantined,
    fields_left_out
from temp.canonical_balance
where versions > 0
