-- grain: one entity that must be complete to be of use: a party, an event, a line, a statement
-- key: record_id
-- reads: temp.canonical_value
-- broadcast: temp.canonical_required
-- writes: temp.canonical_entity
with entity as (
    select
        record_id,
        source,
        object,
        seq,
        seen_at,
        kind,
        slot,
        item,
        main,
        merge
    from temp.canonical_value
    where field = '$'
),
needed as (
    select
        e.record_id,
        e.seq,
        e.kind,
        e.slot,
        e.item,
        r.field
    from entity as e
    inner join temp.canonical_required as r on r.kind = e.kind
    left join temp.canonical_value as v
        on v.record_id = e.record_id
        and v.seq = e.seq
        and v.kind = e.kind
        and v.slot = e.slot
        and v.item = e.item
        and v.field = r.field
        and v.value is not null
    where v.field is null
),
-- A permission for a contact point that cannot be read must not become one for all of them.
unreadable as (
    select
        record_id,
        seq,
        kind,
        slot,
        item,
        field
    from temp.canonical_value
    where kind = 'consent' and field = 'contact' and value is null
),
owned as (
    select distinct
        record_id,
        seq,
        slot,
        item
    from temp.canonical_value
    where kind = 'interaction' and (field = 'party' or field like 'mention.%')
),
ownerless as (
    select
        e.record_id,
        e.seq,
        e.kind,
        e.slot,
        e.item,
        'party' as field
    from entity as e
    left join owned as o
        on o.record_id = e.record_id
        and o.seq = e.seq
        and o.slot = e.slot
        and o.item = e.item
    where e.kind = 'interaction' and o.record_id is null
),
lacking as (
    select
        record_id,
        seq,
        kind,
        slot,
        item,
        min(field) as field
    from (
        select record_id, seq, kind, slot, item, field from needed
        union all
        select record_id, seq, kind, slot, item, field from unreadable
        union all
        select record_id, seq, kind, slot, item, field from ownerless
    )
    group by record_id, seq, kind, slot, item
),
known as (
    select distinct record_id
    from temp.canonical_value
    where value is not null
        and (
            kind = 'identifier' and field <> 'verified'
            or kind = 'attribute'
            and field in (
                'given_name', 'family_name', 'full_name', 'organisation_name', 'group_name'
            )
            or kind = 'party' and field = 'type' and value = 'visitor'
        )
),
claimed as (
    select
        e.*,
        l.field as lacks
    from entity as e
    left join lacking as l
        on l.record_id = e.record_id
        and l.seq = e.seq
        and l.kind = e.kind
        and l.slot = e.slot
        and l.item = e.item
),
judged as (
    select
        e.*,
        case
            when e.lacks is not null then 'missing_' || e.lacks
            when e.kind = 'party' and k.record_id is null then 'nothing_usable'
        end as reason,
        row_number() over (
            partition by e.record_id, e.kind, e.main and not e.merge, e.lacks is null
            order by e.object, e.seq desc, e.slot, e.item
        ) as place
    from claimed as e
    left join known as k on k.record_id = e.record_id and e.kind = 'party'
)
select
    record_id,
    source,
    object,
    seq,
    seen_at,
    kind,
    slot,
    item,
    main,
    merge,
    lacks,
    case
        when reason is not null then reason
        when main and not merge and kind not in ('consent', 'relationship', 'role') and place > 1
            then 'id_taken'
    end as reason
from judged
