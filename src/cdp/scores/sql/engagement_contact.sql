-- grain: one contact of one organisation who did something that one score counts
-- key: profile_id
-- reads: gold.relationship, step.engagement_raw
-- params: as_of
-- writes: step.engagement_contact
select
    r.profile_id,
    r.other_id as account_id,
    e.score,
    max(e.last_at) as last_at,
    ln(1 + sum(e.raw))::decimal(18, 6) as worth
from gold.relationship as r
inner join step.engagement_raw as e
    on e.profile_id = r.profile_id
where r.kind = 'contact_of'
    and r.other_type = 'organisation'
    and coalesce(r.valid_from, $as_of) <= $as_of
    and coalesce(r.valid_to, $as_of) >= $as_of
group by r.profile_id, r.other_id, e.score
