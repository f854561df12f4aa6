-- grain: one customer, in the cluster whose centre is nearest
-- key: global
-- reads: temp.analysis_cluster_fact
-- params: places, middle, spread, most, centres, numbers
-- writes: temp.analysis_cluster_place
with scaled as (
    select
        profile_id,
        list_transform($places::bigint[], lambda p: known[p]) as given,
        -- what is not known is taken to be usual
        list_transform(
            range(1, len($places::bigint[]) + 1),
            lambda i: coalesce(
                least(
                    greatest(
                        (ln(1 + known[list_extract($places::bigint[], i)]) - list_extract($middle::double[], i))
                        / list_extract($spread::double[], i),
                        -$most::double
                    ),
                    $most::double
                ),
                0
            )
        ) as place
    from temp.analysis_cluster_fact
),

measured as (
    select
        *,
        list_transform($centres::double[][], lambda c: list_distance(place, c)) as away
    from scaled
)

select
    profile_id,
    given,
    place,
    -- as near to two: the first of them
    list_extract($numbers::integer[], list_position(away, list_min(away))) as cluster
from measured
