-- grain: one metric of how records fall into profiles
-- key: global
-- reads: identity.assignment
-- writes: step.scorecard_metric
with profile as (
    select
        profile_id,
        count(*) as records
    from identity.assignment
    where live and entity_type <> 'visitor'
    group by profile_id
),
counted as (
    select
        coalesce(sum(records), 0)::double as records,
        count(*)::double as profiles,
        avg(records) as records_per_profile,
        count(*) filter (where records = 1) / nullif(count(*), 0) as single_record_share,
        max(records)::double as largest_profile,
        count(*) filter (where records > 20)::double as profiles_over_20_records
    from profile
)
unpivot counted on columns(*) into name metric value value
