-- grain: one record that carries an identifier value which began or ceased to be evidence
-- key: global
-- reads: silver.identifier, step.touched_record_id
-- broadcast: step.blocked_shared, step.blocked_shared_before
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
)
select distinct identifier.record_id as record_id
from silver.identifier as identifier
inner join flipped on identifier.kind = flipped.kind and identifier.value = flipped.value
anti join step.touched_record_id as touched on identifier.record_id = touched.record_id
