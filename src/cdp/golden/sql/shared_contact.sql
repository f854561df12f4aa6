-- grain: one e-mail address or telephone that two to six persons have privately, for each of them
-- key: global
-- reads: step.linked_identifier, gold.identifier, step.work_record
-- writes: step.shared_contact
with private as (
    select distinct
        i.kind,
        i.value,
        i.profile_id
    from step.linked_identifier as i
    anti join step.work_record as w
        on w.profile_id = i.profile_id and w.record_id = i.record_id
    where i.entity_type = 'person' and i.kind in ('email', 'phone')
),

shared as (
    -- a number of a company, or of too many, is no family's
    select
        kind,
        value,
        count(*) as holders
    from gold.identifier
    where kind in ('email', 'phone') and not blocked
    group by kind, value
    having count(*) between 2 and 6 and bool_and(entity_type = 'person')
)

select
    p.kind,
    p.value,
    p.profile_id,
    s.holders
from private as p
inner join shared as s on s.kind = p.kind and s.value = p.value
