-- source records of touched ids, now and in the generation before
select record_id
from gold.source_record
where profile_id in (select profile_id from step.publish_id)
union
select record_id
from generation.gold.source_record
where profile_id in (select profile_id from step.publish_id)
