-- grain: one house where one organisation is
-- key: profile_id
-- reads: step.work_address
-- broadcast: step.home_key
-- writes: step.firm_house
select distinct
    a.profile_id,
    concat_ws('|', s.key, coalesce(nullif(n.number, ''), s.number), p.key) as house
from step.work_address as a
inner join step.home_key as s on s.kind = 'street' and s.text = a.street
inner join step.home_key as p on p.kind = 'place' and p.text = a.place
left join step.home_key as n on n.kind = 'number' and n.text = a.house_number
where coalesce(nullif(n.number, ''), s.number) <> ''
