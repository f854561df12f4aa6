-- grain: one record that must be looked at again because of what others said
-- key: global
-- reads: silver.relationship, step.touched_record_id, step.decision, step.decision_before
-- writes: step.touched_record_id
-- A decision that came or went speaks of both its records; the name of an organisation is evidence
-- on the persons whom a source names as its contacts.
with decided as (
    (
        select record_l, record_r, verdict from step.decision
        except
        select record_l, record_r, verdict from step.decision_before
    )
    union all
    (
        select record_l, record_r, verdict from step.decision_before
        except
        select record_l, record_r, verdict from step.decision
    )
),
heard as (
    select unnest([record_l, record_r]) as record_id
    from decided
    union
    select relationship.record_id as record_id
    from silver.relationship as relationship
    inner join step.touched_record_id as touched
        on relationship.other_record_id = touched.record_id
    where relationship.kind = 'contact_of'
)
select heard.record_id as record_id
from heard
anti join step.touched_record_id as touched on heard.record_id = touched.record_id
