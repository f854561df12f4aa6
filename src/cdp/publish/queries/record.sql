select
    record_id,
    profile_id
from gold.source_record
where record_id = $reference
    or profile_id = $reference
order by record_id
