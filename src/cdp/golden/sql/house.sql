-- grain: one house with how many live there, under how many family names
-- key: global
-- reads: step.resident
-- writes: step.house
select
    house,
    count(*) as persons,
    count(distinct family_key) filter (family_key <> '') as families,
    count(distinct unit) filter (unit <> '') as units,
    bool_or(is_business) as is_business,
    max(birth_year) - min(birth_year) as years_apart,
    count(birth_year) as dated
from step.resident
where house is not null
group by house
having count(*) > 1
