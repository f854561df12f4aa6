-- grain: one person and the organisation it works for
-- key: profile_id
-- reads: step.related
-- writes: step.employer
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
    where kind = 'contact_of' and entity_type = 'person' and other_type = 'organisation'
)

select
    profile_id,
    other_id as account_id
from ranked
where place = 1
