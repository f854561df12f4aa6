-- grain: one score that another system gave one person or visitor
-- key: profile_id
-- reads: gold.profile
-- broadcast: step.external_definition
-- writes: step.external_value
select
    p.profile_id,
    null::varchar as account_id,
    d.score,
    json_extract_string(p.custom, d.place) as told
from gold.profile as p
inner join step.external_definition as d
    on d.entity_type = p.profile_type
where json_extract_string(p.custom, d.place) is not null
