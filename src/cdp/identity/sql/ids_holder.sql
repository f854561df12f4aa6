-- grain: one id that held a delivered record, with the one cluster that continues it
-- key: global
-- reads: step.ids_claim
-- writes: step.ids_holder
-- After a split the piece with most of the id's records continues it; equal pieces: the one
-- with the smallest record_id.
with piece as (
    select
        profile_id,
        cluster,
        born_run,
        may_survive,
        count(*) as records,
        min(record_id) as smallest
    from step.ids_claim
    group by
        profile_id,
        cluster,
        born_run,
        may_survive
)
select
    profile_id,
    cluster,
    born_run,
    may_survive
from piece
qualify row_number() over (partition by profile_id order by records desc, smallest) = 1
