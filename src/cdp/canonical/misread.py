"""What the workspace's own mappings name and the records that arrived do not have.

No system is asked for its schema here, so that a run asks for nothing but records; `cdp source
test` does. What a type's mapping reads and this system does not have is no mistake of the
workspace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.canonical.check import Known, unknown, unmatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.canonical.chosen import Chosen
    from cdp.store import Warehouse

_WHERE: Final = "none of its latest records has"
_SEEN: Final = """
with latest as (
    select object, unnest(max(seq, 1000)) as seq
    from bronze.record
    where source = $source and list_contains($objects::varchar[], object)
    group by object
),
newest as (
    select l.object, max_by(b.payload, b.seq) as payload
    from latest as l
    inner join bronze.record as b on b.seq = l.seq
    group by l.object, b.native_id
),
named as (
    select object, unnest(json_keys(payload)) as name
    from newest
)
select object, list(distinct name order by name) as fields
from named
group by object
order by object
"""


def misread(warehouse: Warehouse, read_by: Mapping[str, Chosen]) -> Iterator[str]:
    """Yield a sentence for each field and object that a mapping reads for nothing."""
    for source, found in read_by.items():
        seen = dict(warehouse.query(_SEEN, source=source, objects=sorted(found.own)).iter_rows())
        known = {
            name: Known(frozenset(fields), is_whole=False, where=_WHERE)
            for name, fields in seen.items()
        }
        own = {name: found.mapping.objects[name] for name in found.own}
        mapping = found.mapping.model_copy(update={"objects": own})
        for finding in (*unknown(mapping, known), *unmatched(mapping, set(seen), found.own)):
            yield f"{source}: {finding.says}"
