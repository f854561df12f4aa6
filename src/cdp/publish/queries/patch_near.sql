-- touched ids and those with a record that was compared with a record of theirs, now or before
with edge as (
    select
        record_l,
        record_r
    from identity.edge
    where record_l in (select record_id from step.publish_record)
        or record_r in (select record_id from step.publish_record)
    union all
    select
        record_l,
        record_r
    from generation.identity.edge
    where record_l in (select record_id from step.publish_record)
        or record_r in (select record_id from step.publish_record)
),
compared as (
    select record_l as record_id
    from edge
    union
    select record_r
    from edge
)
select profile_id
from step.publish_id
union
select profile_id
from gold.source_record
where record_id in (select record_id from compared)
union
select profile_id
from generation.gold.source_record
where record_id in (select record_id from compared)
