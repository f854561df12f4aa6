-- source records of those ids
select record_id
from gold.source_record
where profile_id in (select profile_id from step.publish_near)
