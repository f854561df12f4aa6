-- source records that were compared with a record of those ids
with edge as (
    select
        record_l,
        record_r
    from identity.edge
    where record_l in (select record_id from step.publish_near_record)
        or record_r in (select record_id from step.publish_near_record)
)
select record_l as record_id
from edge
union
select record_r
from edge
