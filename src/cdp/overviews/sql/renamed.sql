-- grain: one name or number of a product that says another product or category than before, or is new or gone
-- key: global
-- reads: step.overview_catalogue, step.overview_catalogue_before
-- writes: temp.overview_renamed
select now.number
from step.overview_catalogue as now
anti join step.overview_catalogue_before as before
    on before.number = now.number
    and before.name is not distinct from now.name
    and before.category is not distinct from now.category
where now.number is not null
union
select before.number
from step.overview_catalogue_before as before
anti join step.overview_catalogue as now
    on now.number = before.number
where before.number is not null
