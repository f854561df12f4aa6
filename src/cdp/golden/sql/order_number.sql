-- grain: one order, with the numbers it goes by and those by which it may name another
-- key: global
-- reads: step.linked_order
-- writes: step.order_number
-- Letters and digits only, without leading zeros; a reference also by the digits it ends in
-- (`web-00035417`).
select
    order_id,
    record_id,
    source,
    profile_id,
    account_id,
    ordered_at,
    currency,
    amount,
    [
        ltrim(regexp_replace(lower(number), '[^a-z0-9]', '', 'g'), '0')
        for number in [order_id, order_id[length(source) + 2:], reference]
        if number is not null
    ] as own,
    [
        ltrim(regexp_replace(lower(number), '[^a-z0-9]', '', 'g'), '0')
        for number in [reference, regexp_extract(reference, '[0-9]{4,}$')]
        if number is not null
    ] as named
from step.linked_order
