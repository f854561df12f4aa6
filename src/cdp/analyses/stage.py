"""Analyses of all customers: the declared ones, and those that were asked for by name.

Invariants: gold.analysis holds every declared analysis and every one that was asked for and has no
file, each as of its own moment; a profile that is gone, or whose processing is restricted, is in
none of the tables after any run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.analyses import purchases
from cdp.analyses.analysis import KINDS
from cdp.analyses.definition import ANALYSES, declared, offered
from cdp.errors import CdpError, ConfigError, UnknownNameError
from cdp.model.tables.gold_analyses import GOLD_ANALYSES
from cdp.segments.definition import SEGMENTS
from cdp.settings.money import MONEY
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import restricted
from cdp.store.narrow import among
from cdp.store.state_segments import TOPICS
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.analyses.analysis import AnalysisDefinition
    from cdp.settings import Workspace
    from cdp.store import Warehouse

_TABLES: Final = tuple(table.name for table in GOLD_ANALYSES)
_OF_PEOPLE: Final = tuple(table.name for table in GOLD_ANALYSES if table.subject is not None)
_GONE: Final = (
    "profile_id not in (select profile_id from gold.feature) "
    "or profile_id in (select profile_id from step.analysis_restricted)"
)
_SCHEMA: Final = pl.Schema(
    {
        **{name: pl.String() for name in ("analysis", "kind", "status")},
        **{name: pl.List(pl.String()) for name in ("words", "marks")},
        "definition": pl.String(),
        "as_of": pl.Datetime("us"),
    }
)


def run(run: Run) -> Report:
    """Make the declared analyses anew, or those that were asked for; keep the others.

    Raises:
        UnknownNameError: an analysis was asked for that there is not.
    """
    warehouse, there = run.warehouse, offered(run.workspace)
    for name in sorted(run.analyse - set(there)):
        kind = "analysis"
        raise UnknownNameError(kind, name, sorted(there))
    files = declared(run.workspace)
    wanted = {**_due(run, files), **{name: there[name] for name in run.analyse}}
    _forget(warehouse, [*wanted, *(_known(warehouse) - set(there))], _TABLES)
    _find(run, dict(sorted(wanted.items())))
    restricted.remember(warehouse, run.workspace.home, "analysis")
    _let_go(warehouse)
    return _report(run, made=len(wanted))


def delta(run: Run, _: Delta) -> Report:
    """Keep the analyses for a day, without those who are gone: a few more orders hardly move them.

    What a new day or another definition asks for is made by a whole run.
    """
    restricted.note(run.warehouse, run.workspace.home, "analysis")
    share(run.warehouse)
    _let_go(run.warehouse, among("profile_id"))
    return _report(run, made=0)


def _due(run: Run, files: Mapping[str, AnalysisDefinition]) -> dict[str, AnalysisDefinition]:
    """Return the declared analyses to make: all, or, where some were asked for, outdated ones."""
    if not run.analyse:
        return dict(files)
    rows = run.warehouse.query("select analysis, definition, as_of from gold.analysis").rows()
    made = {name: (text, as_of) for name, text, as_of in rows}
    moment = run.as_of.replace(tzinfo=None)
    return {name: one for name, one in files.items() if made.get(name) != (_text(one), moment)}


def _known(warehouse: Warehouse) -> set[str]:
    return set(warehouse.query("select analysis from gold.analysis")["analysis"])


def _forget(warehouse: Warehouse, names: Iterable[str], tables: Iterable[str]) -> None:
    given = {"names": sorted(names)}
    for table in tables:
        condition = "where list_contains($names, analysis)"
        warehouse.connection.execute(f"delete from {table} {condition}", given)  # noqa: S608 - our own names


def _find(run: Run, wanted: Mapping[str, AnalysisDefinition]) -> None:
    if not wanted:
        return
    purchases.gather(run)
    moment, rows = run.as_of.replace(tzinfo=None), []
    for name, one in wanted.items():
        kind = KINDS.get(one.kind)
        found = kind.find(run, name, one)
        if found.status != "found":
            _forget(run.warehouse, [name], kind.tables)
        told = (list(found.words), list(found.marks), _text(one), moment)
        rows.append((name, one.kind, found.status, *told))
    purchases.drop(run.warehouse)
    run.warehouse.insert("gold.analysis", pl.DataFrame(rows, _SCHEMA, orient="row"))


def _let_go(warehouse: Warehouse, where: str = "true") -> None:
    for table in _OF_PEOPLE:
        with warehouse.renewing(table, f"{where} and ({_GONE})"):
            pass  # they are not put back


def _text(definition: AnalysisDefinition) -> str:
    return json.dumps(definition.model_dump(mode="json"), sort_keys=True)


def _report(run: Run, *, made: int) -> Report:
    warehouse = run.warehouse
    rows = warehouse.query("select analysis, status, words from gold.analysis order by 1").rows()
    counts = {
        "made": made,
        "kept": len(rows) - made,
        "found": sum(status == "found" for _, status, _ in rows),
    }
    notes = tuple(f"{name}: {words[0]}" for name, _, words in rows) if made else ()
    return Report(counts, notes, PARTIES)


def check(workspace: Workspace) -> None:
    """See that the declared analyses ask about what there is.

    Raises:
        ConfigError: one of them names a segment, or a campaign of one, that there is not.
    """
    for name, definition in declared(workspace).items():
        asks = KINDS.get(definition.kind).check
        if asks is None:
            continue
        try:
            asks(workspace, definition)
        except CdpError as error:
            msg = f"{workspace.root / 'analyses' / name}.yaml: {error}"
            raise ConfigError(msg) from error


STAGE = Stage(
    name="analyses",
    reads=(
        "gold.account",
        "gold.consent",
        "gold.enrichment",
        "gold.feature",
        "gold.interaction",
        "gold.order",
        "gold.order_line",
        "gold.product",
        "gold.profile",
        "gold.score",
        "gold.segment_history",
        "gold.segment_member",
        "gold.ticket",
    ),
    writes=_TABLES,
    key="global",
    run=run,
    delta=delta,
    config=(ANALYSES, MONEY, SEGMENTS),
    uses_as_of=True,
    check=check,
    state=(restricted.TOPIC, *TOPICS),
)
