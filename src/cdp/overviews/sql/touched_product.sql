-- grain: one party that looked at or bought a product that is called otherwise now
-- key: global
-- reads: temp.overview_renamed, temp.overview_action, temp.overview_line, step.touched_profile_id
-- writes: step.touched_profile_id
with reached as (
    select action.profile_id
    from temp.overview_action as action
    semi join temp.overview_renamed as renamed on renamed.number = action.subject
    where action.type = 'product_viewed'
    union
    select line.profile_id
    from temp.overview_line as line
    semi join temp.overview_renamed as renamed on renamed.number = line.number
)

select reached.profile_id
from reached
anti join step.touched_profile_id as known on known.profile_id = reached.profile_id
