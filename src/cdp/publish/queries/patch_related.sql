-- touched ids and those who have, or had, a relationship with one: their lists show its name
with relationship as (
    select
        profile_id,
        other_id
    from gold.relationship
    union all
    select
        profile_id,
        other_id
    from generation.gold.relationship
)
select profile_id
from step.publish_id
union
select other_id
from relationship
where profile_id in (select profile_id from step.publish_id)
union
select profile_id
from relationship
where other_id in (select profile_id from step.publish_id)
