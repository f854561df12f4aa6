-- grain: one profile that would hold records of several profiles of now
-- key: global
-- reads: step.plan_assignment, identity.assignment
-- writes: step.plan_merges
select
    after.profile_id as profile_id,
    list(distinct before.profile_id order by before.profile_id) as before_ids,
    count(*) as records
from step.plan_assignment as before
inner join identity.assignment as after on before.record_id = after.record_id and after.live
group by after.profile_id
having count(distinct before.profile_id) > 1
order by
    records desc,
    after.profile_id
