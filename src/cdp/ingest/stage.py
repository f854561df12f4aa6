"""Land what arrives as it came, exactly once.

Invariant: every row of a delivery is a new version in `bronze.record`, a repetition of one that is
there, or a piece in `bronze.rejected`; the three counts make up the rows that were read, or the
stage stops and keeps nothing of it. What is there is never changed. All files are kept together or
not at all; what is read over a network is kept bit by bit, each with the position that it reached,
so that a run that is cut short loses nothing of it and the next one goes on from there.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cdp.errors import UnreachableError
from cdp.ingest.landing import Landed, land
from cdp.sources import INSTANCES, SOURCES, Found, Opening
from cdp.stage import Delta, Report, Run, Stage
from cdp.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import polars as pl

    from cdp.sources import Delivery, SourceInstance
    from cdp.store import Warehouse


_HELD: Final = """
select native_id
from bronze.record
where source = $source and object = $object
group by native_id
having not arg_max(
    coalesce(is_deleted, false), (coalesce(changed_at, timestamp '0001-01-01'), seq)
)
"""


@dataclass(slots=True)
class _Source:
    """What one source has, and what became of it.

    Attributes:
        found: what it has to deliver; None where it could not even be asked.
        landed: its files.
        walked: what was read over a network.
        failures: what a system that does not answer or refuses did, in sentences.
    """

    name: str
    found: Found | None
    landed: list[Landed] = field(default_factory=list)
    walked: list[Landed] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def _run(run: Run) -> Report:
    cursors = _cursors(run.warehouse)
    sources = [
        _find(_opening(run, name, instance, cursors.get(name, {})))
        for name, instance in run.workspace.many(INSTANCES).items()
    ]
    with ExitStack() as stack:
        for source in sources:
            if source.found is not None:
                stack.callback(source.found.close)
        with run.warehouse.transaction():
            for source in sources:
                _take_files(run, source)
        for source in sources:
            _walk(run, source)
    return Report(_counts(sources), tuple(_notes(sources)))


def _opening(
    run: Run, name: str, instance: SourceInstance, cursors: Mapping[tuple[str, str], str]
) -> Opening:
    """Return an instance about to be read, and a way to ask which keys it brought before."""

    def held(of: str) -> pl.Series:
        return run.warehouse.query(_HELD, source=name, object=of)["native_id"]

    return Opening(name, instance, run.workspace.data_dir, cursors, run.started_at, held)


def _find(opening: Opening) -> _Source:
    try:
        return _Source(opening.name, SOURCES.get(opening.instance.type).find(opening))
    except UnreachableError as error:
        return _Source(opening.name, None, failures=[str(error)])


def _take_files(run: Run, source: _Source) -> None:
    found = source.found.deliveries if source.found is not None else ()
    source.landed += [_land(run, source.name, delivery) for delivery in found]


def _walk(run: Run, source: _Source) -> None:
    """Land what is read over the network; each delivery is kept with the position it reached.

    What came before a system stops answering is kept, and the next run goes on from there.
    """
    for walk in source.found.walks if source.found is not None else ():
        try:
            for delivery in walk:
                with run.warehouse.transaction():
                    source.walked.append(_land(run, source.name, delivery))
        except UnreachableError as error:
            source.failures.append(str(error))


def _land(run: Run, source: str, delivery: Delivery) -> Landed:
    """Land a delivery, and say which tables have more rows now."""
    landed = land(run, source, delivery)
    ledger = Ledger(run.warehouse)
    for table in landed.tables:
        ledger.changed(table, run.run_id)
    return landed


def _delta(run: Run, _: Delta) -> Report:
    """Land what arrived: bronze only grows, so that a run has never more to do than that."""
    return _run(run)


def _cursors(warehouse: Warehouse) -> dict[str, dict[tuple[str, str], str]]:
    rows = warehouse.query("select source, object, position_of, position from bronze.cursor")
    cursors: dict[str, dict[tuple[str, str], str]] = {}
    for source, name, position_of, position in rows.iter_rows():
        cursors.setdefault(source, {})[name, position_of] = position
    return cursors


def _counts(sources: list[_Source]) -> dict[str, int]:
    landed = [each for source in sources for each in source.landed + source.walked]
    failed = sum(bool(source.failures) for source in sources)
    return {
        "deliveries": len(landed),
        "rows_in": sum(each.rows_in for each in landed),
        "rows_new": sum(each.rows_new for each in landed),
        "rows_repeated": sum(each.rows_repeated for each in landed),
        "rows_rejected": sum(each.rows_rejected for each in landed),
        **({"sources_failed": failed} if failed else {}),
    }


def _notes(sources: list[_Source]) -> Iterator[str]:
    if not sources:
        yield "no source is declared; add sources/<name>.yaml to the workspace"
    for source in sources:
        yield from source.found.notes if source.found is not None else ()
        yield from source.failures
        for each in source.landed:
            if not each.rows_in:
                yield f"{source.name}: {each.label} is empty"
        reasons = sum((each.reasons for each in source.landed + source.walked), Counter[str]())
        if reasons:
            listed = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
            yield f"{source.name}: rejected {listed}"


STAGE = Stage(
    name="ingest",
    reads=(),
    writes=("bronze.record", "bronze.rejected", "bronze.load", "bronze.cursor"),
    key="record_id",
    run=_run,
    config=(INSTANCES,),
    delta=_delta,
    transactional=False,
)
