-- grain: one record of a block that crossed the cap, either way
-- key: global
-- reads: step.delta_size_before, step.engine_block
-- broadcast: step.block_cap
-- writes: step.delta_crossed
-- `step.delta_size_before` holds the blocks of the changed records, as they were and as they are.
with now as (
    select
        size.rule as rule,
        size.key as key,
        size.records as records_before,
        count(block.number) as records
    from step.delta_size_before as size
    left join step.engine_block as block
        on size.rule = block.rule and size.key = block.key
    group by
        size.rule,
        size.key,
        size.records
)
select distinct block.number as number
from now
inner join step.block_cap as cap on now.rule = cap.rule
inner join step.engine_block as block
    on now.rule = block.rule and now.key = block.key
where (now.records > cap.cap) <> (now.records_before > cap.cap)
