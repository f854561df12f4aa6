-- grain: one change of one id ever issued, an entry of its list
-- key: profile_id
-- reads: identity.history
-- writes: step.document_history
select
    profile_id,
    concat(to_json({
        'event': event,
        'other_id': other_id,
        'run_id': run_id,
        'records': records,
        'at': strftime(history.at, '%Y-%m-%dT%H:%M:%SZ'),
        'reason': reason
    }), ',') as document
from identity.history as history
order by
    profile_id,
    run_id,
    event,
    other_id
