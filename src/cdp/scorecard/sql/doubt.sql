-- grain: one metric of how sure the scored pairs are
-- key: global
-- reads: identity.edge
-- writes: step.scorecard_metric
with counted as (
    select
        count(*) filter (where decided and match_weight < 0)
        / nullif(count(*) filter (where decided), 0) as joined_against_the_odds,
        count(*) filter (where probability between 0.1 and 0.9)::double as unsure_pairs
    from identity.edge
    where decided_by <> 'visitor'
)
unpivot counted on columns(*) into name metric value value
