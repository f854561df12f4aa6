"""What the declared sources brought so far, as the working file and its last run tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cdp.canonical.chosen import place
from cdp.errors import StateError
from cdp.sources import INSTANCES
from cdp.store.peek import peek

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.settings import Workspace
    from cdp.sources import SourceInstance
    from cdp.store import Warehouse

_LOADS: Final = """
select
    source,
    object,
    strftime(max(received_at), '%Y-%m-%dT%H:%M:%SZ') as last_load,
    sum(rows_new)::bigint as rows,
    sum(rows_rejected)::bigint as rejected
from bronze.load
group by source, object
order by source, object
"""
_POSITIONS: Final = """
select source, object, position_of, position
from bronze.cursor
order by source, object, position_of
"""
_NOTES: Final = """
select unnest(notes) as note
from ops.stage_run
where stage = 'ingest' and run_id = (select max(run_id) from ops.stage_run where stage = 'ingest')
"""
_WALKED: Final = "changes"
_PARTLY: Final = re.compile(r"(\S+): read [\d,]+ of [\d,]+ objects")
_USER: Final = re.compile(r"//[^/]*@")


@dataclass(frozen=True, slots=True)
class Landed:
    """What was brought: of each source its objects, and what went wrong in the last run.

    Attributes:
        objects: by source; object, last_load, rows, rejected, read_up_to.
        failures: by source the sentences of the last run on what could not be read.
        partly: sources that were read in that run as far as they could be.
        unknown_because: why the working file could not be looked into, if so.
    """

    objects: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    failures: Mapping[str, list[str]] = field(default_factory=dict)
    partly: frozenset[str] = frozenset()
    unknown_because: str | None = None


def landed(home: Path) -> Landed:
    """Return what was brought so far; nothing while a run goes on."""
    if not (home / "work.duckdb").exists():
        return Landed()
    try:
        with peek(home) as warehouse:
            return _read(warehouse)
    except StateError as error:
        return Landed(unknown_because=str(error))


def listing(workspace: Workspace, home: Path) -> tuple[list[dict[str, Any]], str | None]:
    """Return the declared sources with what they brought; and why that is not known, if so.

    Raises:
        ConfigError: a source file does not validate.
    """
    found = landed(home)
    every = workspace.many(INSTANCES)
    return [
        {
            "source": name,
            "type": declared.type,
            "description": declared.description,
            "place": shown_place(declared),
            "trust_tier": declared.trust_tier,
            "region": declared.region,
            "schedule": declared.schedule,
            "mapping": place(workspace, name, declared),
            "last_load": max((o["last_load"] for o in found.objects.get(name, [])), default=None),
            "rows": sum(o["rows"] for o in found.objects.get(name, [])),
            "rejected": sum(o["rejected"] for o in found.objects.get(name, [])),
            "problems": found.failures.get(name, []),
            "partly": name in found.partly,
            "objects": found.objects.get(name, []),
        }
        for name, declared in every.items()
    ], found.unknown_because


def shown_place(declared: SourceInstance) -> str | None:
    """Return where a source is read, without the credentials that somebody may have put there."""
    return declared.path if declared.url is None else _USER.sub("//", declared.url)


def failed(warehouse: Warehouse) -> tuple[dict[str, list[str]], frozenset[str]]:
    """Return what the last run could not read, by source; and which were read in part."""
    notes = warehouse.query(_NOTES)["note"].to_list()
    failures: dict[str, list[str]] = {}
    for note in notes:
        if note.startswith("source "):
            source = note.removeprefix("source ").partition(":")[0]
            failures.setdefault(source, []).append(note)
    partly = frozenset(said[1] for said in map(_PARTLY.fullmatch, notes) if said is not None)
    return failures, partly


def _read(warehouse: Warehouse) -> Landed:
    positions: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for source, name, position_of, position in warehouse.query(_POSITIONS).iter_rows():
        positions.setdefault((source, name), []).append((position_of, position))
    objects: dict[str, list[dict[str, Any]]] = {}
    for row in warehouse.query(_LOADS).iter_rows(named=True):
        source = row.pop("source")
        read = _read_up_to(positions.get((source, row["object"]), []))
        objects.setdefault(source, []).append(row | {"read_up_to": read})
    return Landed(objects, *failed(warehouse))


def _read_up_to(positions: list[tuple[str, str]]) -> str | None:
    """Return how far an object was read: to a moment of change, or so many files."""
    walked = dict(positions).get(_WALKED)
    if walked is not None:
        return walked
    if not positions:
        return None
    return f"{len(positions):,} file{'s' if len(positions) != 1 else ''}"
