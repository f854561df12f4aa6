-- grain: one order or cart as all records that tell of it leave it
-- key: record_id
-- reads: temp.canonical_moved, temp.canonical_line
-- writes: temp.canonical_told
-- record_id is the key of the order or cart. An order of which everything was taken is returned, and
-- keeps its amount, as orders of all systems do; of which a part was taken has what is left.
with summed as (
    select
        record_id,
        kind,
        seq,
        slot,
        sum(amount) as amount
    from temp.canonical_line
    group by record_id, kind, seq, slot
),

weighed as (
    select
        m.record_id,
        m.kind,
        m.seq,
        m.seen_at,
        m.slot,
        m.status,
        m.began_at,
        m.changed_at,
        m.sign,
        -- the sum of lines has its sign already
        coalesce(m.sign * m.amount, 0) as signed_amount,
        case when m.sign = 0 then m.amount end as stated,
        case when m.amount is null or m.sign = 0 then l.amount end as of_lines
    from temp.canonical_moved as m
    left join summed as l
        on l.record_id = m.record_id
        and l.kind = m.kind || '_line'
        and l.seq = m.seq
        and l.slot = m.slot
),

folded as (
    select
        record_id,
        kind,
        min(began_at) as began_at,
        max(changed_at) as changed_at,
        arg_max(status, (seen_at, slot, status, seq)) filter (where status is not null) as status,
        coalesce(max(stated), max(of_lines) filter (where sign = 0), 0) as stated,
        coalesce(sum(signed_amount + coalesce(of_lines, 0)) filter (where sign <> 0), 0) as moved,
        bool_or(sign < 0 and (signed_amount < 0 or of_lines < 0)) as was_taken
    from weighed
    group by record_id, kind
),

judged as (
    select
        *,
        coalesce(was_taken, false) and stated + moved <= 0 as is_emptied
    from folded
)

select
    record_id,
    kind,
    began_at,
    changed_at,
    is_emptied,
    case
        when kind = 'order' and is_emptied and status <> 'cancelled' then 'returned'
        else status
    end as status,
    (case when kind = 'order' and is_emptied then stated else stated + moved end)
    ::decimal(18, 2) as amount
from judged
