-- grain: one record whose cluster, or whose device, may be decided anew
-- key: global
-- reads: step.delta_changed, step.delta_crossed, step.engine_number, step.delta_link, step.touched_record_id, silver.record, silver.visitor_link, step.visitor_owner, identity.assignment
-- writes: step.scope
with device as (
    select visitor_record_id as record_id from silver.visitor_link
    union
    select record_id from silver.visitor_link
    union
    select visitor_id as record_id from step.visitor_owner
    union
    select record_id from step.visitor_owner
    union
    select record_id from silver.record
    where party_type in ('visitor', 'group')
)
select record_id from step.delta_changed
union
select number.record_id as record_id
from step.delta_crossed as crossed
inner join step.engine_number as number on crossed.number = number.number
union
select unnest([record_l, record_r]) as record_id from step.delta_link
union
select touched.record_id as record_id
from step.touched_record_id as touched
semi join device on touched.record_id = device.record_id
union
select touched.record_id as record_id
from step.touched_record_id as touched
inner join identity.assignment as before on touched.record_id = before.record_id
where before.live and before.evidence is null
