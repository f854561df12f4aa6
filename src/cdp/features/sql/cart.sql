-- grain: one cart of one party; twice where it is a person's and an organisation's
-- key: global
-- reads: gold.cart
-- writes: temp.feature_cart
-- A mere projection from the keys of persons and of organisations to one.
select
    profile_id,
    created_at,
    case when status = 'recovered' then changed_at end as recovered_at
from gold.cart
where profile_id is not null
union all
select
    account_id as profile_id,
    created_at,
    case when status = 'recovered' then changed_at end as recovered_at
from gold.cart
where account_id is not null
