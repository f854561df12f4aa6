-- grain: one id ever issued with what happened to it
-- key: profile_id
-- reads: identity.history
-- writes: step.document_history
select
    profile_id,
    to_json(list({
        'event': event,
        'other_id': other_id,
        'run_id': run_id,
        'records': records,
        'at': strftime(history.at, '%Y-%m-%dT%H:%M:%SZ'),
        'reason': reason
    } order by
        run_id,
        event,
        other_id
    ))::varchar as document
from identity.history as history
group by profile_id
order by
    profile_id
