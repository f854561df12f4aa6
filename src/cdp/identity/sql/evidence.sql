-- grain: one person or organisation record and a fingerprint of all that it is judged by
-- key: record_id
-- reads: step.engine_frame, silver.record
-- broadcast: step.decision
-- params: judge
-- writes: step.evidence
-- The judge is the model, the mode and the release; with all of it equal, nothing was learned
-- of the record since.
with decided as (
    select
        unnest([record_l, record_r]) as record_id,
        format('{} {} {}', record_l, verdict, record_r) as word
    from step.decision
),
word as (
    select
        record_id,
        list(word order by word) as words
    from decided
    group by record_id
)
select
    frame.record_id as record_id,
    md5(to_json([to_json(frame), to_json(word.words), to_json(record.party_type), to_json($judge)]))
        as evidence
from step.engine_frame as frame
inner join silver.record as record on frame.record_id = record.record_id
left join word on frame.record_id = word.record_id
