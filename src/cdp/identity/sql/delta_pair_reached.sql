-- grain: one candidate pair that the changes reach
-- key: global
-- reads: step.delta_pair
-- writes: step.delta_pair_reached
select
    record_l,
    record_r
from step.delta_pair
