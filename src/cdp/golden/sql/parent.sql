-- grain: one organisation and the one above it
-- key: profile_id
-- reads: step.related
-- writes: step.parent
with ranked as (
    -- a relationship that has not ended, else the one that ended last; then the newest
    select
        profile_id,
        other_id,
        row_number() over (
            partition by profile_id
            order by valid_to desc nulls first, valid_from desc nulls last, other_id
        ) as place
    from step.related
    where kind = 'subsidiary_of' and entity_type = 'organisation' and other_type = 'organisation'
)

select
    profile_id,
    other_id as parent_account_id
from ranked
where place = 1
