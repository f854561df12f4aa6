-- grain: one profile that moved cuts put into another quintile than before
-- key: global
-- reads: gold.feature, step.touched_profile_id
-- broadcast: step.rfm_definition, step.rfm_cut, step.rfm_cut_before
-- writes: step.touched_profile_id
select distinct
    f.profile_id
from gold.feature as f
inner join step.rfm_definition as d
    on d.entity_type = f.entity_type
inner join step.rfm_cut as k
    on k.score = d.score
    and k.entity_type = d.entity_type
inner join step.rfm_cut_before as b
    on b.score = d.score
    and b.entity_type = d.entity_type
where f.orders > 0
    and (
        len([c for c in k.recency_cuts if -f.recency_days > c])
        <> len([c for c in b.recency_cuts if -f.recency_days > c])
        or len([c for c in k.frequency_cuts if f.orders > c])
        <> len([c for c in b.frequency_cuts if f.orders > c])
        or len([c for c in k.monetary_cuts if f.revenue > c])
        <> len([c for c in b.monetary_cuts if f.revenue > c])
    )
    and f.profile_id not in (select profile_id from step.touched_profile_id)
