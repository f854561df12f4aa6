-- grain: one place in the review queue
-- key: global
-- reads: identity.review
-- writes: step.document_queue
select
    lpad(place::varchar, 8, '0') as place,
    item_id as document
from identity.review
order by
    place
