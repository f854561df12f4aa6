-- grain: one cart of one organisation that was open at the moment and begun in the 30 days before
-- key: account_id
-- reads: gold.cart
-- params: as_of
-- writes: step.feature_cart
select
    account_id,
    account_id as profile_id,
    cart_id
from gold.cart
where account_id is not null
    and created_at <= $as_of
    and created_at > $as_of::timestamp - interval 30 days
    -- a recovery after the moment is not known yet
    and (status <> 'recovered' or changed_at > $as_of)
