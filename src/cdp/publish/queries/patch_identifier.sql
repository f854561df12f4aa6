-- identifiers of touched ids, now and in the generation before
select
    kind,
    value
from gold.identifier
where profile_id in (select profile_id from step.publish_id)
union
select
    kind,
    value
from generation.gold.identifier
where profile_id in (select profile_id from step.publish_id)
