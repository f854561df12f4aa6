-- grain: one run up to this generation
-- key: global
-- reads: ops.run
-- params: run_id, generation
-- writes: step.document_run
select
    lpad(run_id::varchar, 12, '0') as place,
    to_json({
        'run_id': run_id,
        'as_of': strftime(as_of, '%Y-%m-%dT%H:%M:%SZ'),
        'started_at': strftime(started_at, '%Y-%m-%dT%H:%M:%SZ'),
        'finished_at': strftime(finished_at, '%Y-%m-%dT%H:%M:%SZ'),
        'outcome': if(run_id = $run_id, 'published', outcome),
        'generation': if(run_id = $run_id, $generation::bigint, generation),
        'message': message
    })::varchar as document
from ops.run
order by
    place
