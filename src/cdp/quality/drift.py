"""How the fields of each source object change: which appear, vanish, or change their type.

Invariant: what is known of a field follows from bronze alone; bronze only grows, so that each load
is looked at once, and adding it gives what looking at all of them again would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.model.paths import step
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdp.store import Warehouse

_ROOM: Final = "cdp.quality"
DEEPEST: Final = 3
_MOST_NAMES: Final = 500
"""Above so many names, an object is a list of keys and not a set of fields."""
_NO_NAMES: Final = frozenset({"", "*"})
"""Names that no path into JSON can say: DuckDB has no way to write them."""

_SPOTTED: Final = {
    "source": pl.String,
    "object": pl.String,
    "field": pl.String,
    "type": pl.String,
    "load_id": pl.Int64,
    "records": pl.Int64,
}
_SEEN: Final = """
create table if not exists step.quality_seen
(load_id bigint, source varchar, object varchar, records bigint)
"""
_MARK: Final = "select coalesce(max(load_id), 0) as mark from step.quality_seen"
_NEW: Final = """
select distinct source, object from temp.quality_unseen where records > 0 order by source, object
"""
_NAMES: Final = """
select distinct unnest(json_keys(b.payload, $path)) as name
from bronze.record as b
where b.source = $source and b.object = $object and b.load_id > $mark
    and not coalesce(b.is_deleted, false)
order by name
"""
_TYPES: Final = """
with typed as (
    select
        b.load_id,
        json_type(b.payload, $paths) as types,
        count(*) as records
    from bronze.record as b
    where b.source = $source and b.object = $object and b.load_id > $mark
        and not coalesce(b.is_deleted, false)
    group by b.load_id, json_type(b.payload, $paths)
),
listed as (
    select
        load_id,
        unnest(range(len(types))) as place,
        unnest(types) as json_type,
        records
    from typed
)
select
    place,
    case
        when json_type = 'VARCHAR' then 'text'
        when json_type = 'ARRAY' then 'list'
        when json_type in ('BOOLEAN', 'OBJECT', 'NULL') then lower(json_type)
        else 'number'
    end as type,
    load_id,
    sum(records)::bigint as records
from listed
where json_type is not null
group by all
order by all
"""
_NEWS: Final = """
select source, object, field, kind, detail
from quality.drift
where since_run = $run_id
order by source, object, kind, field
"""


def follow(warehouse: Warehouse) -> list[str]:
    """Look at the loads that were not looked at yet; return sentences on what was left aside."""
    warehouse.connection.execute(_SEEN)
    mark = int(warehouse.query(_MARK).item())
    warehouse.make(Statement.load(_ROOM, "unseen"), mark=mark)
    odd: list[str] = []
    frames = [pl.DataFrame(schema=_SPOTTED)]
    for source, name in warehouse.query(_NEW).iter_rows():
        looking = _Looking(warehouse, source, name, mark, odd)
        frames += looking.fields("$", "", 1)
    warehouse.put("temp.quality_spotted", pl.concat(frames))
    warehouse.append(Statement.load(_ROOM, "seen"))
    warehouse.swap(Statement.load(_ROOM, "field"))
    warehouse.swap(Statement.load(_ROOM, "drift"))
    return odd


def news(warehouse: Warehouse, run_id: int) -> Iterator[str]:
    """Yield a sentence for each change that this run's loads brought."""
    for source, name, field, kind, detail in warehouse.query(_NEWS, run_id=run_id).iter_rows():
        yield f"{source}: {name}.{field} {kind.replace('_', ' ')} ({detail})"


class _Looking:
    """The new versions of one object, and what was left aside in them."""

    def __init__(
        self, warehouse: Warehouse, source: str, name: str, mark: int, odd: list[str]
    ) -> None:
        self._warehouse = warehouse
        self._of = {"source": source, "object": name, "mark": mark}
        self._odd = odd

    def fields(self, path: str, prefix: str, depth: int) -> Iterator[pl.DataFrame]:
        """Yield the fields that stand at a path, and in the objects below it."""
        found = self._warehouse.query(_NAMES, path=path, **self._of)["name"].to_list()
        names = list(self._told(found, prefix))
        if not names:
            return
        paths = [step(path, name) for name in names]
        typed = self._warehouse.query(_TYPES, paths=paths, **self._of)
        label = pl.Series("field", [f"{prefix}{name}" for name in names])
        yield typed.select(
            pl.lit(self._of["source"]).alias("source"),
            pl.lit(self._of["object"]).alias("object"),
            label.gather(typed["place"]).alias("field"),
            "type",
            "load_id",
            "records",
        )
        objects = typed.filter(pl.col("type") == "object")["place"].unique().sort().to_list()
        for place in objects if depth < DEEPEST else ():
            yield from self.fields(paths[place], f"{prefix}{names[place]}.", depth + 1)

    def _told(self, names: Iterable[str], prefix: str) -> Iterator[str]:
        """Yield the names that are followed, and note that others are not."""
        every = list(names)
        listed = [name for name in every if name not in _NO_NAMES]
        of = f"{self._of['source']}: {self._of['object']}{f'.{prefix[:-1]}' if prefix else ''}"
        if len(listed) > _MOST_NAMES:
            self._odd.append(
                f"{of} has {len(listed):,} names; the first {_MOST_NAMES} are followed"
            )
        if len(listed) < len(every):
            self._odd.append(f"{of} has a field whose name is empty or *; it is not followed")
        yield from listed[:_MOST_NAMES]
