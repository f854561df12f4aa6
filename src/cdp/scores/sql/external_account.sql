-- grain: one score that another system gave one organisation or group
-- key: account_id
-- reads: gold.account
-- broadcast: step.external_definition
-- writes: step.external_value
select
    a.account_id as profile_id,
    a.account_id,
    d.score,
    json_extract_string(a.custom, d.place) as told
from gold.account as a
inner join step.external_definition as d
    on d.entity_type = a.account_type
where json_extract_string(a.custom, d.place) is not null
