-- grain: one profile of now whose records would lie in several profiles
-- key: global
-- reads: step.plan_assignment, identity.assignment
-- writes: step.plan_splits
select
    before.profile_id as before_id,
    list(distinct after.profile_id order by after.profile_id) as profile_ids,
    count(*) as records
from step.plan_assignment as before
inner join identity.assignment as after on before.record_id = after.record_id and after.live
group by before.profile_id
having count(distinct after.profile_id) > 1
order by
    records desc,
    before.profile_id
