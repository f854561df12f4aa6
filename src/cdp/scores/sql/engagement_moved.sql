-- grain: one profile whose place among the others is not what it was
-- key: global
-- reads: step.engagement_place, step.engagement_place_before, step.touched_profile_id
-- writes: step.touched_profile_id
select distinct
    coalesce(n.profile_id, b.profile_id) as profile_id
from step.engagement_place as n
full join step.engagement_place_before as b
    on b.profile_id = n.profile_id
    and b.score = n.score
where (n.place, n.comparison) is distinct from (b.place, b.comparison)
    and coalesce(n.profile_id, b.profile_id) not in (select profile_id from step.touched_profile_id)
