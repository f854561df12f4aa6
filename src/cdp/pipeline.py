"""The order of the stages; the only module that knows them all.

Invariant: a stage's tables, their versions and its row in the ledger are committed together,
so a run that was killed anywhere is taken up by the next one exactly where it stopped: stages
whose inputs did not change since they last finished have nothing to do. A stage whose rules are
the same, and before which every stage worked on a delta, works on what those touched alone.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import cdp
from cdp.activation.stage import STAGE as ACTIVATION
from cdp.analyses.stage import STAGE as ANALYSES
from cdp.canonical.stage import STAGE as CANONICAL
from cdp.enrichment.stage import STAGE as ENRICHMENT
from cdp.errors import CdpError, ConfigError, GateError, StageError, UnknownNameError
from cdp.features.stage import STAGE as FEATURES
from cdp.golden.stage import STAGE as GOLDEN
from cdp.identity.lookup_stage import STAGE as LOOKUP
from cdp.identity.stage import STAGE as IDENTITY
from cdp.ingest.stage import STAGE as INGEST
from cdp.model.tables import BY_NAME
from cdp.overviews.stage import STAGE as OVERVIEWS
from cdp.publish.stage import STAGE as PUBLISH
from cdp.quality.stage import STAGE as QUALITY
from cdp.quarantine.stage import STAGE as QUARANTINE
from cdp.recommendations.stage import STAGE as RECOMMENDATIONS
from cdp.review.stage import STAGE as REVIEW
from cdp.scorecard.stage import STAGE as SCORECARD
from cdp.scores.stage import STAGE as SCORES
from cdp.segments.stage import STAGE as SEGMENTS
from cdp.sources import INSTANCES
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Warehouse
from cdp.store.last_run import LastRun
from cdp.store.last_run import keep as keep_last_run
from cdp.store.ledger import Finished, Ledger
from cdp.store.schema import check_keys, last_row
from cdp.store.state import State
from cdp.telemetry import traces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cdp.settings import Settings, Workspace

STAGES: tuple[Stage, ...] = (
    INGEST,
    QUALITY,
    CANONICAL,
    QUARANTINE,
    IDENTITY,
    SCORECARD,
    LOOKUP,
    GOLDEN,
    ENRICHMENT,
    FEATURES,
    OVERVIEWS,
    SCORES,
    SEGMENTS,
    RECOMMENDATIONS,
    ANALYSES,
    REVIEW,
    PUBLISH,
    ACTIVATION,
)

# Of cdp.yaml, what no stage works by.
_NO_RULES = {"description", "as_of", "data", "generations", "time_zone", "cors_origins"}

Moment = Literal["started", "worked", "finished", "unchanged"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: `worked` is after a stage's work and before it is committed."""

    stage: str
    moment: Moment
    seconds: float = 0.0
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class StageResult:
    """One stage of a finished run; no report means that nothing had changed."""

    stage: str
    seconds: float
    report: Report | None


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run."""

    run_id: int
    as_of: datetime
    outcome: Literal["published", "unchanged"]
    stages: tuple[StageResult, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks of a run.

    Attributes:
        as_of: the moment to look from; None takes the workspace's, else today 00:00 UTC.
        full: run every stage, changed or not.
        from_stage: leave earlier stages out, run this one and later ones, changed or not.
        to_stage: leave later stages out.
        retrain: learn the identity model anew.
        sources: ask these source instances alone for what is new; None: all of them.
        train: train the models of these predictive scores anew.
        analyse: make these analyses anew, instead of all that are declared.
    """

    as_of: datetime | None = None
    full: bool = False
    from_stage: str | None = None
    to_stage: str | None = None
    retrain: bool = False
    sources: frozenset[str] | None = None
    train: frozenset[str] = frozenset()
    analyse: frozenset[str] = frozenset()


def run(
    workspace: Workspace,
    settings: Settings,
    clock: Callable[[], datetime],
    request: Request | None = None,
    observe: Callable[[Progress], None] | None = None,
) -> RunResult:
    """Bring the workspace up to date and return what happened.

    Raises:
        ConfigError: a workspace file does not validate; nothing was changed.
        StateError: another run holds the workspace; nothing was changed.
        StageError: a stage could not finish; earlier ones are kept, nothing was published.
        GateError: a gate was breached; earlier stages are kept, nothing was published.
    """
    wanted = request or Request()
    check(workspace)
    _check_sources(workspace, wanted.sources)
    chosen = _chosen(wanted.from_stage, wanted.to_stage)
    started_at = clock()
    as_of = wanted.as_of or _as_of(workspace, started_at)
    with Warehouse.open(
        workspace.home, threads=settings.threads, memory_limit=settings.memory_limit
    ) as warehouse:
        ledger = Ledger(warehouse)
        run_id = ledger.begin(as_of, started_at)
        seed = workspace.about.seed
        current = Run(
            *(run_id, as_of, started_at, seed, warehouse, workspace),
            retrain=wanted.retrain,
            sources=wanted.sources,
            train=wanted.train,
            analyse=wanted.analyse,
        )
        force = wanted.full or wanted.from_stage is not None
        step = _Step(current, ledger, observe or (lambda _: None), force)
        try:
            with traces.span("cdp run", run_id=run_id):
                results = tuple(step.carry_out(stage) for stage in chosen)
        except BaseException as error:
            ledger.finish(run_id, clock(), outcome="failed", message=_in_a_line(error))
            _tell(current, clock(), "failed", step.done)
            raise
        ledger.forget_touched([stage.name for stage in STAGES])
        generation = _published(results)
        outcome: Literal["published", "unchanged"] = "published" if generation else "unchanged"
        ledger.finish(run_id, clock(), outcome=outcome, generation=generation)
        _tell(current, clock(), outcome, step.done)
    return RunResult(run_id, as_of, outcome, results)


def check(workspace: Workspace) -> None:
    """Validate every file that any stage reads, before anything is changed.

    Raises:
        ConfigError: one of them is missing, does not validate, or does not fit another.
    """
    _ = workspace.about
    for declared in {d.path: d for stage in STAGES for d in stage.config}.values():
        if declared.is_glob:
            workspace.many(declared)
        else:
            workspace.one(declared)
    for stage in STAGES:
        if stage.check is not None:
            stage.check(workspace)


@dataclass(frozen=True, slots=True)
class _Step:
    """Carries out one stage after the other in one run."""

    run: Run
    ledger: Ledger
    observe: Callable[[Progress], None]
    force: bool
    done: dict[str, Mapping[str, int]] = field(default_factory=dict)

    def carry_out(self, stage: Stage) -> StageResult:
        """Return what a stage did, where it had something to do."""
        with traces.span(f"stage {stage.name}", stage=stage.name, run_id=self.run.run_id):
            result = self._carried_out(stage)
        self.done[stage.name] = result.report.counts if result.report is not None else {}
        return result

    def _carried_out(self, stage: Stage) -> StageResult:
        rules, fingerprint = self._fingerprints(stage)
        last = self.ledger.last(stage.name)
        unchanged = bool(stage.reads) and last is not None and last.fingerprint == fingerprint
        if unchanged and not self._must(stage):
            self.ledger.stage_finished(self.run.run_id, stage.name, fingerprint, 0.0, None)
            self.observe(Progress(stage.name, "unchanged"))
            return StageResult(stage.name, 0.0, None)
        self.observe(Progress(stage.name, "started"))
        begun = perf_counter()
        try:
            since = self._since(stage, rules, last)
            report = self._work(stage, fingerprint, begun, since)
        except (StageError, GateError):
            raise
        except (CdpError, OSError) as error:
            raise StageError(stage.name, str(error)) from error
        seconds = perf_counter() - begun
        self.observe(Progress(stage.name, "finished", seconds, report))
        return StageResult(stage.name, seconds, report)

    def _must(self, stage: Stage) -> bool:
        """Return whether the whole stage was asked for, changed or not."""
        return self.force or (self.run.retrain and stage is IDENTITY)

    def _since(self, stage: Stage, rules: str, last: Finished | None) -> Finished | None:
        """Return the run to which a delta can be added; None where everything must be done."""
        if self._must(stage) or stage.delta is None or last is None:
            return None
        same_rules = last.fingerprint.partition(":")[0] == rules
        return last if same_rules and self.ledger.all_deltas(_before(stage), last.run_id) else None

    def _work(self, stage: Stage, fingerprint: str, begun: float, since: Finished | None) -> Report:
        with self.run.warehouse.transaction() if stage.transactional else nullcontext():
            report = self._delta(stage, since) if since else None
            if report is None:
                report = self._whole(stage)
            seconds = perf_counter() - begun
            self.observe(Progress(stage.name, "worked", seconds, report))
            if report.refused is None:
                done = (self.run.run_id, stage.name, fingerprint, seconds, report)
                self.ledger.stage_finished(*done)
        if report.refused is not None:
            raise GateError(stage.name, report.refused)
        return report

    def _whole(self, stage: Stage) -> Report:
        warehouse = self.run.warehouse
        before = {table: _Rows.of(warehouse, table) for table in stage.writes}
        report = stage.run(self.run)
        check_keys(warehouse.connection, {BY_NAME[table]: None for table in stage.writes})
        for table, rows in before.items():
            if rows.differ(warehouse, table):
                self.ledger.changed(table, self.run.run_id)
        return report

    def _delta(self, stage: Stage, since: Finished) -> Report | None:
        """Return what the stage did with what was touched; None where it cannot be told."""
        assert stage.delta is not None  # noqa: S101 - `_since` saw to it
        warehouse, run_id = self.run.warehouse, self.run.run_id
        keys = self.ledger.gather(_before(stage), since.run_id)
        warehouse.changed.clear()
        last = {table: last_row(warehouse.connection, BY_NAME[table]) for table in stage.writes}
        report = stage.delta(self.run, Delta(since.run_id, keys))
        if report is None:
            return None
        changed = sorted(warehouse.changed & set(stage.writes))
        check_keys(warehouse.connection, {BY_NAME[table]: last[table] for table in changed})
        for table in changed:
            self.ledger.changed(table, run_id)
        self.ledger.worked_on_delta(run_id, stage.name, since.run_id, report.touched)
        return report

    def _fingerprints(self, stage: Stage) -> tuple[str, str]:
        """Return a hash of the stage's rules, and one of them with its inputs and the state."""
        workspace = self.run.workspace
        rules = {
            "version": cdp.__version__,
            "config": workspace.fingerprint(stage.config),
            "about": workspace.about.model_dump(exclude=_NO_RULES),
            "writes": [str(BY_NAME[table]) for table in stage.writes],
            "as_of": self.run.as_of.isoformat() if stage.uses_as_of else None,
        }
        state = _state_versions(workspace, stage)
        parts = [_hash(rules), _hash(self.ledger.versions(stage.reads)), _hash(state)]
        return parts[0], ":".join(parts)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a table held before a stage; its rows are hashed only where there were some."""

    count: int
    digest: str

    @staticmethod
    def of(warehouse: Warehouse, table: str) -> _Rows:
        count = warehouse.count(table)
        return _Rows(count, warehouse.digest(table) if count else "")

    def differ(self, warehouse: Warehouse, table: str) -> bool:
        """Return whether the table holds other rows now."""
        if warehouse.count(table) != self.count:
            return True
        return bool(self.count) and warehouse.digest(table) != self.digest


def _tell(run: Run, at: datetime, outcome: str, done: Mapping[str, Mapping[str, int]]) -> None:
    """Keep how the run ended where it can be read beside the next; a full disk is no failure."""
    ended = LastRun(run.run_id, run.started_at.isoformat(), at.isoformat(), outcome, done)
    with suppress(OSError):
        keep_last_run(run.workspace.home, ended)


def _before(stage: Stage) -> list[str]:
    """Return the stages that write what this one reads, and itself never."""
    return [s.name for s in STAGES if s is not stage and set(s.writes) & set(stage.reads)]


def _hash(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _state_versions(workspace: Workspace, stage: Stage) -> dict[str, str]:
    if not stage.state:
        return {}
    with State.open(workspace.home) as state:
        return {topic: str(state.version(topic)) for topic in stage.state}


def _check_sources(workspace: Workspace, chosen: frozenset[str] | None) -> None:
    known = workspace.many(INSTANCES) if chosen else {}
    for name in sorted((chosen or frozenset()) - set(known)):
        kind = "source"
        raise UnknownNameError(kind, name, sorted(known))


def _chosen(from_stage: str | None, to_stage: str | None) -> Sequence[Stage]:
    names = [stage.name for stage in STAGES]
    for name in (from_stage, to_stage):
        if name is not None and name not in names:
            kind = "stage"
            raise UnknownNameError(kind, name, names)
    first = names.index(from_stage) if from_stage else 0
    last = names.index(to_stage) if to_stage else len(names) - 1
    return STAGES[first : last + 1]


def _as_of(workspace: Workspace, started_at: datetime) -> datetime:
    pinned = workspace.about.as_of
    if pinned is None:
        return datetime.combine(started_at.date(), time(), UTC)
    try:
        return moment(pinned)
    except ValueError:
        msg = f"{workspace.root / 'cdp.yaml'}: as_of {pinned!r} is no ISO 8601 date or timestamp"
        raise ConfigError(msg) from None


def moment(text: str) -> datetime:
    """Return an ISO 8601 date or timestamp as a moment in UTC.

    Raises:
        ValueError: it is neither.
    """
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _published(results: Iterable[StageResult]) -> int | None:
    """Return the generation that was published, None where none was."""
    for result in results:
        counts = result.report.counts if result.report is not None else {}
        if result.stage == PUBLISH.name and counts.get("published", 0) > 0:
            return counts["generation"]
    return None


def _in_a_line(error: BaseException) -> str:
    return " ".join((str(error) or type(error).__name__).split())
