-- grain: one more version that must be looked at, as a product may be described by it now
-- key: global
-- reads: step.canonical_offer, temp.canonical_offer_now, temp.canonical_reached, step.canonical_part
-- writes: temp.canonical_lost
-- The record that described it was replaced, and none that is looked at is as late as it was.
with gone as (
    select o.record_id
    from step.canonical_offer as o
    inner join temp.canonical_reached as r on r.seq = o.seq
    left join temp.canonical_offer_now as n on n.record_id = o.record_id
    where n.record_id is null or n.rank < o.rank
)
select distinct p.seq
from step.canonical_part as p
inner join gone as g on g.record_id = p.record_id
left join temp.canonical_reached as r on r.seq = p.seq
where p.kind = 'product' and r.seq is null
