-- grain: one pair of records worth keeping, as the engine scored it
-- key: global
-- reads: step.delta_edge
-- writes: step.engine_edge
select * from step.delta_edge
