-- grain: one profile with a cart that it may still order, begun in the 30 days before the moment
-- key: profile_id
-- reads: temp.feature_cart
-- params: as_of
-- writes: temp.feature_open_cart
select
    profile_id,
    count(*) as open_carts
from temp.feature_cart
where created_at <= $as_of
    and created_at > $as_of::timestamp - interval 30 days
    -- a recovery after the moment is not known yet
    and (recovered_at is null or recovered_at > $as_of)
group by profile_id
