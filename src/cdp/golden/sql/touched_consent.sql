-- grain: one record for which a permission was given here, or taken back, since
-- key: global
-- reads: step.given_consent, step.given_consent_before, step.touched_record_id
-- writes: step.touched_record_id
with changed as (
    (from step.given_consent except from step.given_consent_before)
    union all
    (from step.given_consent_before except from step.given_consent)
)

select distinct changed.record_id as record_id
from changed
anti join step.touched_record_id as known on changed.record_id = known.record_id
where changed.record_id is not null
