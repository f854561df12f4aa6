-- grain: one pair of records that blocking offers, one at least of `step.delta_around`
-- key: global
-- reads: step.engine_block, step.engine_number
-- broadcast: step.delta_around, step.block_cap
-- writes: step.delta_pair
with wanted as (
    select
        block.rule as rule,
        block.key as key,
        block.number as number
    from step.engine_block as block
    semi join step.delta_around as around on block.number = around.number
),
sized as (
    select
        block.rule as rule,
        block.key as key
    from step.engine_block as block
    semi join wanted
        on
            block.rule = wanted.rule
            and block.key = wanted.key
    inner join step.block_cap as cap on block.rule = cap.rule
    group by
        block.rule,
        block.key,
        cap.cap
    having count(*) between 2 and cap.cap
),
pair as (
    select distinct
        least(this.number, other.number) as number_l,
        greatest(this.number, other.number) as number_r
    from wanted as this
    inner join sized
        on
            this.rule = sized.rule
            and this.key = sized.key
    inner join step.engine_block as other
        on
            this.rule = other.rule
            and this.key = other.key
            and this.number <> other.number
)
select
    least(l.record_id, r.record_id) as record_l,
    greatest(l.record_id, r.record_id) as record_r
from pair
inner join step.engine_number as l on pair.number_l = l.number
inner join step.engine_number as r on pair.number_r = r.number
