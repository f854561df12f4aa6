-- grain: one candidate pair that the changes reach, or that lies within the scope
-- key: global
-- reads: step.delta_pair_reached, step.delta_pair, step.scope
-- writes: step.delta_pair_all
select
    record_l,
    record_r
from step.delta_pair_reached
union
select
    pair.record_l as record_l,
    pair.record_r as record_r
from step.delta_pair as pair
semi join step.scope as l on pair.record_l = l.record_id
semi join step.scope as r on pair.record_r = r.record_id
