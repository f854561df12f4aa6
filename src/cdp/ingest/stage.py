"""Land what arrives as it came, exactly once.

Invariant: every row of a delivery is a new version in `bronze.record`, a repetition of one that is
there, or a piece in `bronze.rejected`; the three counts make up the rows that were read, or the
stage stops and keeps nothing of it. What is there is never changed. All files of a source are kept
together or not at all; what is read over a network is kept bit by bit, each with the position that
it reached, so that a run that is cut short loses nothing of it and the next one goes on from there.
A source that cannot be read blocks no other, and what it brought before stays.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cdp.errors import InputError, UnreachableError
from cdp.ingest.arrived import take
from cdp.ingest.landing import Landed, land
from cdp.model.tables import BY_NAME
from cdp.sources import INSTANCES, SOURCES, Found, Opening
from cdp.stage import Delta, Report, Run, Stage
from cdp.store.ledger import Ledger
from cdp.store.schema import check_keys, last_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl

    from cdp.sources import Delivery, SourceInstance
    from cdp.store import Warehouse

_UNREADABLE: Final = (InputError, UnreachableError)
_IS_EMPTY: Final = "select not exists (from bronze.record) as is_empty"
_HELD: Final = """
select native_id
from bronze.record
where source = $source and object = $object
group by native_id
having not arg_max(
    coalesce(is_deleted, false), (coalesce(changed_at, timestamp '0001-01-01'), seq)
)
"""
_SHOWN: Final = """
select
    native_id,
    arg_max(payload::varchar, (coalesce(changed_at, timestamp '0001-01-01'), seq)) as payload
from bronze.record
where source = $source and object = $object
group by native_id
having not arg_max(
    coalesce(is_deleted, false), (coalesce(changed_at, timestamp '0001-01-01'), seq)
)
order by native_id
"""
_SINCE: Final = """
select
    native_id,
    seq
from bronze.record
where source = $source and object = $object and seq > $after
order by seq
"""


@dataclass(slots=True)
class _Source:
    """What one source has, and what became of it.

    Attributes:
        found: what it has to deliver; None where it could not even be asked.
        landed: its files.
        walked: what was read over a network.
        read: objects that were read over a network to the end.
        failures: what could not be read, in sentences: files, or a system that does not answer.
    """

    name: str
    found: Found | None
    landed: list[Landed] = field(default_factory=list)
    walked: list[Landed] = field(default_factory=list)
    read: int = 0
    failures: list[str] = field(default_factory=list)


def _run(run: Run) -> Report:
    cursors = _cursors(run.warehouse)
    sources: list[_Source] = []
    with ExitStack() as stack:
        for name, instance in run.workspace.many(INSTANCES).items():
            if run.sources is not None and name not in run.sources:
                continue
            source = _find(_opening(run, name, instance, cursors.get(name, {})))
            if source.found is not None:
                stack.callback(source.found.close)
            sources.append(source)
        for source in sources:
            _take_files(run, source)
        for source in sources:
            _walk(run, source)
    _check_any(run.warehouse, sources)
    sent = take(run, lambda: _transaction(run.warehouse))
    _add(sources, sent.landed)
    return Report(_counts(sources), (*_notes(sources), *sent.notes))


@contextmanager
def _transaction(warehouse: Warehouse) -> Iterator[None]:
    """Keep everything done inside, or nothing of it where a key would be there twice."""
    connection = warehouse.connection
    last = {BY_NAME[table]: last_row(connection, BY_NAME[table]) for table in STAGE.writes}
    with warehouse.transaction():
        yield
        check_keys(connection, last)


def _opening(
    run: Run, name: str, instance: SourceInstance, cursors: Mapping[tuple[str, str], str]
) -> Opening:
    """Return an instance about to be read, and ways to ask what it brought before."""

    def held(of: str) -> pl.Series:
        return run.warehouse.query(_HELD, source=name, object=of)["native_id"]

    def shown(of: str) -> pl.DataFrame:
        return run.warehouse.query(_SHOWN, source=name, object=of)

    def since(of: str, after: int) -> pl.DataFrame:
        return run.warehouse.query(_SINCE, source=name, object=of, after=after)

    folder, now = run.workspace.data_dir, run.started_at
    return Opening(name, instance, folder, cursors, now, held, since=since, shown=shown)


def _find(opening: Opening) -> _Source:
    try:
        return _Source(opening.name, SOURCES.get(opening.instance.type).find(opening))
    except _UNREADABLE as error:
        return _Source(opening.name, None, failures=[str(error)])


def _take_files(run: Run, source: _Source) -> None:
    """Land the files of a source, or none of them where one cannot be read."""
    deliveries = source.found.deliveries if source.found is not None else ()
    if not deliveries:
        return
    try:
        with _transaction(run.warehouse):
            source.landed = [_land(run, source.name, delivery) for delivery in deliveries]
    except _UNREADABLE as error:
        source.failures.append(str(error))


def _walk(run: Run, source: _Source) -> None:
    """Land what is read over the network; each delivery is kept with the position it reached.

    What came before a system stops answering is kept, and the next run goes on from there.
    """
    for walk in source.found.walks.values() if source.found is not None else ():
        try:
            for delivery in walk:
                with _transaction(run.warehouse):
                    source.walked.append(_land(run, source.name, delivery))
            source.read += 1
        except _UNREADABLE as error:
            source.failures.append(str(error))


def _add(sources: list[_Source], sent: Sequence[Landed]) -> None:
    """Count what was sent with the source that it is of, declared or not."""
    known = {source.name: source for source in sources}
    for landed in sent:
        if landed.source not in known:
            known[landed.source] = _Source(landed.source, None)
            sources.append(known[landed.source])
        known[landed.source].walked.append(landed)


def _check_any(warehouse: Warehouse, sources: list[_Source]) -> None:
    """Return when there is something to work on, or something that may still come.

    Raises:
        InputError: no source could be read, and none brought anything before.
    """
    is_blocked = bool(sources) and all(source.failures for source in sources)
    if is_blocked and warehouse.query(_IS_EMPTY).item():
        said = dict.fromkeys(failure for source in sources for failure in source.failures)
        msg = "no source can be read, and none was before:\n  " + "\n  ".join(said)
        raise InputError(msg)


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
        yield from dict.fromkeys(source.failures)
        if source.failures and source.read:
            walks = len(source.found.walks) if source.found is not None else 0
            yield f"{source.name}: read {source.read:,} of {walks:,} objects"
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
