-- grain: one record and the engine's cluster
-- key: global
-- reads: step.delta_cluster
-- writes: step.engine_cluster
select * from step.delta_cluster
