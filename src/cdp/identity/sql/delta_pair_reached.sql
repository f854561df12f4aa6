-- grain: one candidate pair that the changes reach
-- key: global
-- reads: step.delta_pair, step.decision, step.delta_wanted
-- writes: step.delta_pair_reached
-- A decided pair is a candidate too, whether or not its records share a block.
select
    record_l,
    record_r
from step.delta_pair
union
select
    record_l,
    record_r
from step.decision
where
    verdict <> 'related'
    and (
        record_l in (select record_id from step.delta_wanted)
        or record_r in (select record_id from step.delta_wanted)
    )
