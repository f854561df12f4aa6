-- grain: one pair of records of which a decision is not kept, and why
-- key: global
-- reads: identity.assignment
-- broadcast: step.review_decided, step.review_contradiction
-- writes: identity.conflict
-- What contradicts is told of the cannot-link, which wins; the must-links of its chain that
-- could not be kept have rows of their own.
with placed as (
    select
        pair.record_l as record_l,
        pair.record_r as record_r,
        pair.verdict as verdict,
        pair.decision_id as decision_id,
        coalesce(l.live, false) as live_l,
        coalesce(r.live, false) as live_r,
        l.profile_id = r.profile_id as is_one
    from step.review_decided as pair
    left join identity.assignment as l on pair.record_l = l.record_id
    left join identity.assignment as r on pair.record_r = r.record_id
),
judged as (
    select
        placed.record_l as record_l,
        placed.record_r as record_r,
        placed.verdict as verdict,
        placed.decision_id as decision_id,
        coalesce(contradiction.decisions, [placed.decision_id]) as decisions,
        case
            when contradiction.decisions is not null then 'contradicted'
            when not placed.live_l or not placed.live_r then 'vanished'
            when placed.is_one <> (placed.verdict = 'must_link') then 'not_kept'
        end as reason
    from placed
    left join step.review_contradiction as contradiction
        on
            placed.record_l = contradiction.record_l
            and placed.record_r = contradiction.record_r
            and placed.decision_id = contradiction.decision_id
)
select
    decision_id,
    record_l,
    record_r,
    verdict,
    reason,
    decisions
from judged
where reason is not null
order by
    decision_id,
    record_l,
    record_r
