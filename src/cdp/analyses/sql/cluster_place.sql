-- grain: one customer, in the cluster whose centre is nearest
-- key: global
-- reads: temp.analysis_cluster_fact
-- broadcast: temp.analysis_cluster_centre
-- params: places, middle, spread, most
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
)

select
    s.profile_id,
    any_value(s.given) as given,
    any_value(s.place) as place,
    -- as near to two: the first of them
    arg_min(c.cluster, (list_distance(s.place, c.centre), c.cluster)) as cluster
from scaled as s
cross join temp.analysis_cluster_centre as c
group by s.profile_id
