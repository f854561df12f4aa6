"""What a person looks at first in a view: behaviour, tracking and products owned, in few rows.

Invariants: a row follows from a party's own events, the moment and the products of all; nothing
later than `as_of` is read: a log that ends there gives the same rows, as far as sources tell when
something happened (when an order was completed, and which of its lines came back when, none does).
Only who did, was sent or bought something has rows: person, visitor, or the organisation that it
was done for. Behaviour before somebody said who it is counts, as far as identity found it to be
theirs.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement
from cdp.store.narrow import among, only, scoped, touched
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.store import Warehouse

_SEEN: Final = ("action", "visitor", "line")
"""What overviews are made from, by one id of persons and organisations alike."""

_OVERVIEWS: Final = ("browsing", "tracking", "owned_product")
_KEPT: Final = (
    "select count(*) from duckdb_tables() where schema_name || '.' || table_name = $table"
)
_CATALOGUE: Final = "step.overview_catalogue"
_FORERUNNER: Final = "temp.overview_forerunner"
_RENAMED: Final = "temp.overview_renamed"
_OF_EITHER: Final = f"({among('profile_id')} or account_id in (from {touched('profile_id')}))"
_SCOPES: Final[Mapping[str, Mapping[str, str]]] = {
    "action": {},
    "visitor": dict.fromkeys(("gold.source_record", "gold.identifier"), among("profile_id")),
    "line": {"gold.order": _OF_EITHER},
}
"""Which rows are enough for touched parties, so that none of others are joined."""


def run(run: Run) -> Report:
    """Replace every overview by its rows as of `run.as_of`."""
    warehouse = run.warehouse
    warehouse.make(_sql("catalogue"))
    warehouse.make(_sql("forerunner"), as_of=run.as_of)
    with _seen(warehouse):
        for name in _OVERVIEWS:
            warehouse.replace(_sql(name), as_of=run.as_of)
    warehouse.drop(_FORERUNNER)
    return Report(_counts(warehouse))


def delta(run: Run, _: Delta) -> Report | None:
    """Bring the overviews of touched profiles and accounts up to date.

    Who looked at or bought a product that is called otherwise now is touched, too. None: nobody
    kept what products were called.
    """
    warehouse = run.warehouse
    if not _is_kept(warehouse):
        return None
    warehouse.keep(_CATALOGUE)
    warehouse.make(_sql("catalogue"))
    warehouse.make(_sql("forerunner"), as_of=run.as_of)
    if warehouse.make(_sql("renamed")):
        with _seen(warehouse):
            warehouse.append(_sql("touched_product"))
    warehouse.drop(_RENAMED)
    share(warehouse)
    for name in _SEEN:  # copied, as so few are looked at more than once
        warehouse.make(only(scoped(_sql(name), _SCOPES[name]), among("profile_id")))
    for name in _OVERVIEWS:
        warehouse.refresh(_sql(name), as_of=run.as_of)
    for name in _SEEN:
        warehouse.drop(f"temp.overview_{name}")
    warehouse.drop(_FORERUNNER)
    return Report(_counts(warehouse), (), PARTIES)


@contextmanager
def _seen(warehouse: Warehouse) -> Iterator[None]:
    """Let what everybody did, was sent and bought stand ready inside the block."""
    for name in _SEEN:
        warehouse.view(_sql(name))
    yield
    for name in _SEEN:
        warehouse.unview(f"temp.overview_{name}")


def _is_kept(warehouse: Warehouse) -> bool:
    """Return whether a run before this one kept the names of products."""
    found = warehouse.query(_KEPT, table=_CATALOGUE)
    return bool(found.item())


def _sql(name: str) -> Statement:
    return Statement.load("cdp.overviews", name)


def _counts(warehouse: Warehouse) -> dict[str, int]:
    return {name: warehouse.count(f"gold.{name}") for name in _OVERVIEWS}


STAGE = Stage(
    name="overviews",
    reads=(
        *("gold.interaction", "gold.order", "gold.order_line", "gold.product"),
        *("gold.source_record", "gold.identifier"),
    ),
    writes=tuple(f"gold.{name}" for name in _OVERVIEWS),
    key="profile_id",
    run=run,
    delta=delta,
    uses_as_of=True,
)
