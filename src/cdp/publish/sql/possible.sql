-- grain: one other profile or account that is perhaps the same as one, an entry of its list
-- key: global
-- reads: identity.possible
-- writes: step.document_possible
select
    one.profile_id as profile_id,
    concat(to_json({
        'other_id': other.profile_id
    }), ',') as document
from identity.possible as one
inner join identity.possible as other
    on one.group_id = other.group_id
    and one.profile_id <> other.profile_id
order by
    one.profile_id,
    other.profile_id
