-- grain: one record that carries an identifier value which began or ceased to be evidence
-- key: global
-- reads: silver.identifier, step.touched_record_id
-- broadcast: step.blocked_shared, step.blocked_shared_before, step.blocked_stale, step.blocked_stale_before
-- writes: step.touched_record_id
with flipped as (
    (
        select kind, value from step.blocked_shared
        except
        select kind, value from step.blocked_shared_before
    )
    union all
    (
        select kind, value from step.blocked_shared_before
        except
        select kind, value from step.blocked_shared
    )
),
concerned as (
    select identifier.record_id as record_id
    from silver.identifier as identifier
    inner join flipped on identifier.kind = flipped.kind and identifier.value = flipped.value
    union
    (
        select record_id from (
            select record_id, kind, value from step.blocked_stale
            except
            select record_id, kind, value from step.blocked_stale_before
        )
    )
    union
    (
        select record_id from (
            select record_id, kind, value from step.blocked_stale_before
            except
            select record_id, kind, value from step.blocked_stale
        )
    )
)
select concerned.record_id as record_id
from concerned
anti join step.touched_record_id as touched on concerned.record_id = touched.record_id
