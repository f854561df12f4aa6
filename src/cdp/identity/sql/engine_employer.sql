-- grain: one person that a source names as the contact of an organisation, with its name
-- key: global
-- reads: silver.relationship, silver.attribute
-- writes: step.engine_employer
-- Only within one source: what a record is judged by never hangs on another source's delivery.
select
    relationship.record_id as record_id,
    arg_min(
        name.value, {'organisation': relationship.other_record_id, 'position': name.position}
    ) as company
from silver.relationship as relationship
inner join silver.attribute as name
    on relationship.other_record_id = name.record_id and name.attribute = 'organisation_name'
where
    relationship.kind = 'contact_of'
    and split_part(relationship.record_id, ':', 1)
    = split_part(relationship.other_record_id, ':', 1)
group by relationship.record_id
