-- grain: one block that a changed record leaves or enters, with its size before
-- key: global
-- reads: step.engine_block, step.delta_block
-- broadcast: step.delta_number
-- writes: step.delta_size_before
-- `step.delta_block` holds the keys that the changed records have now.
with affected as (
    select
        block.rule as rule,
        block.key as key
    from step.engine_block as block
    semi join step.delta_number as changed on block.number = changed.number
    union
    select
        rule,
        key
    from step.delta_block
)
select
    affected.rule as rule,
    affected.key as key,
    count(block.number) as records
from affected
left join step.engine_block as block
    on
            affected.rule = block.rule
        and affected.key = block.key
group by
    affected.rule,
    affected.key
