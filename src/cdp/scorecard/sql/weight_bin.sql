-- grain: one band of match weights and the pairs in it
-- key: global
-- reads: identity.edge
-- writes: step.scorecard_bin
select
    least(greatest(floor(match_weight / 4), -2), 7)::integer as bin,
    count(*) as pairs
from identity.edge
where decided_by <> 'visitor'
group by bin
order by bin
