-- grain: one family name, street, house number or place of a home or a company
-- key: global
-- reads: step.home, step.work_address
-- writes: step.home_text
with text as (
    select 'family' as kind, family_name as text from step.home
    union
    select 'street' as kind, street as text from step.home
    union
    select 'number' as kind, house_number as text from step.home
    union
    select 'place' as kind, place as text from step.home
    union
    select 'street' as kind, street as text from step.work_address
    union
    select 'number' as kind, house_number as text from step.work_address
    union
    select 'place' as kind, place as text from step.work_address
)

select
    kind,
    text
from text
where text is not null
