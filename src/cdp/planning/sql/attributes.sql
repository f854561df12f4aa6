-- grain: one attribute and the profiles whose golden value of it would be another
-- key: global
-- reads: step.plan_attribute, gold.attribute
-- writes: step.plan_attributes
select
    coalesce(after.attribute, before.attribute) as attribute,
    count(distinct coalesce(after.profile_id, before.profile_id)) as profiles
from step.plan_attribute as before
full join gold.attribute as after
    on before.profile_id = after.profile_id and before.attribute = after.attribute
where before.value is distinct from after.value
group by coalesce(after.attribute, before.attribute)
order by attribute
