-- grain: one outcome of the rows that one run read of one object
-- key: global
-- reads: bronze.load, bronze.rejected, silver.balance, temp.canonical_version, temp.canonical_sound, temp.canonical_entity, temp.canonical_refused
-- broadcast: temp.canonical_instance
-- writes: silver.balance
-- What became of rows at the end of the run that read them; each count is taken from the table
-- that holds the rows, none by subtraction.
with due as (
    select
        l.load_id,
        l.run_id,
        l.source,
        l.object,
        l.rows_repeated,
        coalesce(l.rows_erased, 0) as rows_erased,
        coalesce(l.rows_duplicate, 0) as rows_duplicate
    from bronze.load as l
    inner join temp.canonical_instance as i on i.source = l.source
    where l.run_id > (select coalesce(max(run_id), 0) from silver.balance)
),
accepted as (
    select seq from temp.canonical_sound
    union
    select e.seq
    from temp.canonical_entity as e
    anti join temp.canonical_refused as r on r.seq = e.seq
    where e.main and e.reason is null
),
outcome as (
    select
        d.run_id,
        d.source,
        d.object,
        case
            when v.is_deletion then 'deleted'
            when not v.is_latest then 'superseded'
            when r.seq is not null then 'quarantined'
            when a.seq is not null then 'accepted'
            else 'unaccounted'
        end as outcome,
        case when v.is_latest then coalesce(r.reason, '') else '' end as reason,
        1 as rows
    from due as d
    inner join temp.canonical_version as v
        on v.load_id = d.load_id and v.source = d.source and v.object = d.object
    left join accepted as a on a.seq = v.seq
    left join temp.canonical_refused as r on r.seq = v.seq
    union all
    select
        d.run_id,
        d.source,
        d.object,
        'quarantined' as outcome,
        p.reason,
        1 as rows
    from due as d
    inner join bronze.rejected as p
        on p.load_id = d.load_id and p.source = d.source and p.object = d.object
    union all
    select
        run_id,
        source,
        object,
        'unchanged' as outcome,
        '' as reason,
        rows_repeated - rows_duplicate as rows
    from due
    union all
    select
        run_id,
        source,
        object,
        'duplicate' as outcome,
        '' as reason,
        rows_duplicate as rows
    from due
    union all
    select
        run_id,
        source,
        object,
        'erased' as outcome,
        '' as reason,
        rows_erased as rows
    from due
)
select
    run_id,
    source,
    object,
    outcome,
    reason,
    sum(rows)::bigint as rows
from outcome
where outcome <> 'unaccounted'
group by run_id, source, object, outcome, reason
having sum(rows) > 0
