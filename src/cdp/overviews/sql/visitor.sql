-- grain: one device, as it was before anybody said who uses it
-- key: global
-- reads: gold.source_record, gold.identifier
-- writes: temp.overview_visitor
-- A device whose user became known is a record of that person, its own key an anonymous id still.
-- Another record of theirs may have the same key in its source.
select distinct
    r.profile_id,
    r.record_id
from gold.source_record as r
inner join gold.identifier as i
    on i.profile_id = r.profile_id
    and i.kind = 'anonymous_id'
    and i.value = r.native_id
    and list_contains(i.records, r.record_id)
