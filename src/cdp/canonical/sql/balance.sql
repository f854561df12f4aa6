-- grain: one object of one source
-- key: global
-- reads: silver.reconciliation, temp.canonical_balance_before, temp.canonical_balance_after
-- writes: temp.canonical_balance
with change as (
    select source, object, versions, accepted, superseded, deleted, quarantined, fields_left_out
    from silver.reconciliation
    union all
    select source, object, -versions, -accepted, -superseded, -deleted, -quarantined, -fields_left_out
    from temp.canonical_balance_before
    union all
    select source, object, versions, accepted, superseded, deleted, quarantined, fields_left_out
    from temp.canonical_balance_after
)
select
    source,
    object,
    sum(versions)::bigint as versions,
    sum(accepted)::bigint as accepted,
    sum(superseded)::bigint as superseded,
    sum(deleted)::bigint as deleted,
    sum(quarantined)::bigint as quarantined,
    sum(fields_left_out)::bigint as fields_left_out
from change
group by source, object
