-- grain: one group record and the first that holds one of its keys too
-- key: global
-- reads: silver.record, silver.identifier
-- writes: step.group_tie
-- Groups are not compared: what they are called, and where, they share with others. They are one
-- where a source says so by a key: its own, or that of another system that it names.
with held as (
    select
        identifier.record_id as record_id,
        identifier.value as value
    from silver.identifier as identifier
    semi join silver.record as record
        on record.record_id = identifier.record_id and record.party_type = 'group'
    where identifier.kind = 'source'
),
first as (
    select
        record_id,
        min(record_id) over (partition by value) as first_id
    from held
)
select distinct
    first_id as record_l,
    record_id as record_r
from first
where first_id <> record_id
