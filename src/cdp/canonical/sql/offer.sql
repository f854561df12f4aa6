-- grain: one product as the latest record that describes it has it
-- key: record_id
-- reads: temp.canonical_event
-- writes: step.canonical_offer
-- Kept from run to run, with what ranks the records that may describe a product.
select
    record_id,
    source,
    (seen_at, seq, -slot, -item) as rank,
    seq,
    fields['name'] as name,
    fields['category'] as category,
    fields['price']::decimal(18, 2) as price,
    fields['currency'] as currency
from temp.canonical_event
where kind = 'product'
