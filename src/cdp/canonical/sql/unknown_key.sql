-- grain: one name of a field of one object's records
-- key: global
-- reads: temp.canonical_version, bronze.record
-- params: path, source, object
-- writes: temp.canonical_unknown_key
select distinct unnest(json_keys(b.payload, $path)) as name
from temp.canonical_version as v
inner join bronze.record as b on b.seq = v.seq
where v.source = $source and v.object = $object and v.is_latest
order by name
