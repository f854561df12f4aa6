-- grain: one profile or account with its segments
-- key: profile_id
-- reads: gold.segment_member
-- writes: step.document_segments
select
    profile_id,
    to_json(list({
        'segment': segment,
        'entered_at': strftime(entered_at, '%Y-%m-%dT%H:%M:%SZ'),
        'entered_run': entered_run
    } order by
        segment
    ))::varchar as document
from gold.segment_member
group by profile_id
order by
    profile_id
