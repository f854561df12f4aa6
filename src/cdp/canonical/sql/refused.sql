-- grain: one latest version that was not accepted as a whole, with the reason
-- key: global
-- reads: temp.canonical_version, temp.canonical_sound, temp.canonical_entity, temp.canonical_value, quality.refusal
-- writes: temp.canonical_refused
with judged as (
    select
        seq,
        -- What a record only contributes to (a visitor seen in an event) does not save it.
        case
            when bool_and(merge) then bool_or(reason is null)
            else bool_or(reason is null and not merge)
        end as accepted,
        arg_min(reason, (slot, item, reason)) filter (where reason is not null) as reason,
        arg_min(lacks, (slot, item, lacks)) filter (where lacks is not null) as lacks
    from temp.canonical_entity
    where main
    group by seq
),
spoilt as (
    select
        seq,
        field,
        arg_min(reason, (slot, item, reason)) as reason,
        arg_min(message, (slot, item, reason)) as message,
        arg_min(original, (slot, item, reason)) as original
    from temp.canonical_value
    where reason is not null
    group by seq, field
)
select
    v.seq,
    case
        when not v.is_mapped then 'no_mapping'
        when q.seq is not null then q.reason
        else coalesce(s.reason, j.reason, 'nothing_applies')
    end as reason,
    coalesce(q.field, j.lacks) as lacks,
    coalesce(q.message, s.message) as message,
    coalesce(q.original, s.original) as original,
    q.seq is not null as by_rule
from temp.canonical_version as v
anti join temp.canonical_sound as o on o.seq = v.seq
left join judged as j on j.seq = v.seq
left join quality.refusal as q on q.seq = v.seq
left join spoilt as s on s.seq = v.seq and s.field = j.lacks
where v.is_latest and not coalesce(j.accepted, false)
