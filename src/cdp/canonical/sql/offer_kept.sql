-- grain: one product as the latest record that describes it has it
-- key: global
-- reads: step.canonical_offer, temp.canonical_offer_now, temp.canonical_reached
-- writes: step.canonical_offer
with candidate as (
    select
        o.record_id,
        o.source,
        o.rank,
        o.seq,
        o.name,
        o.category,
        o.price,
        o.currency
    from step.canonical_offer as o
    left join temp.canonical_reached as r on r.seq = o.seq
    where r.seq is null
    union all
    select
        record_id,
        source,
        rank,
        seq,
        name,
        category,
        price,
        currency
    from temp.canonical_offer_now
)
select
    record_id,
    source,
    rank,
    seq,
    name,
    category,
    price,
    currency
from candidate
qualify row_number() over (partition by record_id order by rank desc) = 1
