-- grain: one metric of what became of ids since a run
-- key: global
-- reads: identity.history, identity.profile
-- params: since
-- writes: step.scorecard_metric
with gone as (
    select
        profile_id,
        event
    from identity.history
    where run_id > $since::bigint
),
held as (
    select count(*) as ids
    from identity.profile as profile
    where profile.born_run <= $since::bigint and profile.entity_type <> 'visitor'
),
counted as (
    select
        (
            select count(distinct gone.profile_id)
            from gone
            inner join identity.profile as profile
                on gone.profile_id = profile.profile_id and profile.born_run <= $since::bigint
            where
                gone.event in ('merged_into', 'split_off', 'emptied')
                and profile.entity_type <> 'visitor'
        ) / (select nullif(ids, 0) from held) as id_churn,
        (select count(*) from gone where event = 'born')::double as ids_born,
        (select count(*) from gone where event = 'merged_into')::double as ids_merged,
        (select count(*) from gone where event = 'split_off')::double as ids_split,
        (select count(*) from gone where event = 'emptied')::double as ids_emptied
)
unpivot counted on columns(*) into name metric value value
