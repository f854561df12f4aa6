-- grain: one metric of what the clusters are expected to have got wrong
-- key: global
-- reads: identity.doubt
-- writes: step.scorecard_metric
with counted as (
    select
        coalesce(sum(expected_wrong::decimal(18, 4)), 0)::double as expected_wrong_pairs,
        -- each missed pair counts at both of its profiles
        coalesce(sum(expected_missed::decimal(18, 4)), 0)::double / 2 as expected_missed_pairs
    from identity.doubt
)
unpivot counted on columns(*) into name metric value value
