-- grain: one delivered object, or one field of it, that was not accepted, with the reason
-- key: global
-- reads: temp.canonical_version, temp.canonical_value, temp.canonical_entity, temp.canonical_refused, bronze.rejected
-- broadcast: temp.canonical_instance
-- writes: silver.quarantine
with bad_value as (
    select
        v.seq,
        case
            when v.kind in ('attribute', 'identifier', 'party') then v.field
            else v.kind || '.' || v.field
        end as field,
        v.slot,
        v.item,
        v.reason,
        v.message,
        v.original
    from temp.canonical_value as v
    left join temp.canonical_refused as r on r.seq = v.seq
    where v.reason is not null and r.seq is null
    union all
    select
        e.seq,
        e.kind as field,
        e.slot,
        e.item,
        e.reason,
        'the ' || replace(e.kind, '_', ' ') || ' was left out: '
            || coalesce('it needs ' || e.lacks, 'nothing in it is of use, or its id is taken')
            as message,
        null as original
    from temp.canonical_entity as e
    left join temp.canonical_refused as r on r.seq = e.seq
    where e.reason is not null and r.seq is null
),
part as (
    select
        b.seq,
        b.field || case
            when row_number() over place = 1 then ''
            else '[' || (row_number() over place - 1) || ']'
        end as field,
        b.reason,
        b.message,
        b.original
    from bad_value as b
    window place as (partition by b.seq, b.field order by b.slot, b.item, b.reason)
),
refused as (
    select
        v.source,
        v.object,
        v.native_id,
        v.locator,
        p.field,
        false as whole_record,
        p.reason,
        p.message,
        p.original,
        v.load_id,
        v.received_at
    from part as p
    inner join temp.canonical_version as v on v.seq = p.seq
    union all
    select
        v.source,
        v.object,
        v.native_id,
        v.locator,
        r.lacks as field,
        true as whole_record,
        r.reason,
        case
            when r.reason = 'no_mapping'
                then 'no mapping names this object; add it to the mapping file of its source'
            when r.by_rule then r.message
            when r.reason = 'nothing_applies' then 'no part of the mapping applies to this record'
            when r.reason = 'nothing_usable'
                then 'a party needs a name, a contact point or a key of another system'
            when r.reason = 'id_taken' then 'another object of this source has the same key'
            else r.lacks || ': ' || coalesce(r.message, 'it is missing')
        end as message,
        r.original,
        v.load_id,
        v.received_at
    from temp.canonical_refused as r
    inner join temp.canonical_version as v on v.seq = r.seq
    union all
    select
        b.source,
        b.object,
        null as native_id,
        b.locator,
        null as field,
        true as whole_record,
        b.reason,
        b.message,
        b.original,
        b.load_id,
        b.received_at
    from bronze.rejected as b
    inner join temp.canonical_instance as i on i.source = b.source
)
select
    md5(concat_ws(
        chr(31), load_id, source, object, locator, coalesce(native_id, ''),
        coalesce(field, ''), reason
    )) as quarantine_id,
    source,
    object,
    native_id,
    locator,
    field,
    whole_record,
    reason,
    message,
    original,
    load_id,
    received_at
from refused
