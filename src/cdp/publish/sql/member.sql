-- grain: one member of one segment
-- key: profile_id
-- reads: gold.segment_member
-- writes: step.document_member
select
    segment,
    profile_id,
    to_json({
        'profile_id': profile_id,
        'entered_at': strftime(entered_at, '%Y-%m-%dT%H:%M:%SZ'),
        'entered_run': entered_run,
        'is_control': coalesce(is_control, false),
        'control_of': coalesce(control_of, [])
    })::varchar as document
from gold.segment_member
order by
    segment,
    profile_id
