-- grain: one profile with a cart that it may still order
-- key: profile_id
-- reads: step.feature_cart
-- writes: step.feature_open_cart
select
    profile_id,
    count(*) as open_carts
from step.feature_cart
group by profile_id
