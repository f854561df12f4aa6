-- grain: one canary that is not where it must be
-- key: global
-- reads: step.scorecard_canary, identity.assignment
-- writes: step.scorecard_broken
-- A record that is not delivered breaks no canary: nobody can be joined with it.
select
    canary.record_l as record_l,
    canary.record_r as record_r,
    canary.together as together,
    canary.why as why
from step.scorecard_canary as canary
inner join identity.assignment as l on canary.record_l = l.record_id and l.live
inner join identity.assignment as r on canary.record_r = r.record_id and r.live
where (l.profile_id = r.profile_id) <> canary.together
order by
    record_l,
    record_r
