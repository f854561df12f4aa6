"""One party type from raw records to clusters: the path of a run, step by step."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity.artefact import PartModel
from cdp.identity.block_keys import BlockKeys, packed, unpacked
from cdp.identity.blocking import candidate_pairs, has_data, random_pairs
from cdp.identity.blocking_choice import plan_blocking
from cdp.identity.blocking_rules import ORGANISATION_RULES, PERSON_RULES
from cdp.identity.comparisons import chosen_comparisons
from cdp.identity.components import bounded_components, component_limit, pairs_within
from cdp.identity.facets import variants
from cdp.identity.frequencies import Terms, hashed_values, term_table
from cdp.identity.latent import IMPOSSIBLE, Verdicts
from cdp.identity.laws import LAW, law_comparison, lawful, reaching
from cdp.identity.limits import holdings
from cdp.identity.linkage import LENIENT, Clusters, Graph, Linkage, clusters
from cdp.identity.normalise import normalise
from cdp.identity.pooling import NOTHING, pool
from cdp.identity.scored_pairs import Pairs, Scored, Scoring, joined
from cdp.identity.spread import spread
from cdp.identity.training import Sample, train
from cdp.identity.vectors import Vectoriser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import polars as pl
    from duckdb import DuckDBPyConnection

    from cdp.identity.artefact import PartyType
    from cdp.identity.block_keys import Candidates
    from cdp.identity.blocking import BlockingPlan
    from cdp.identity.comparisons import Comparison
    from cdp.identity.frequencies import TermTable
    from cdp.identity.latent import Latent
    from cdp.identity.laws import Law
    from cdp.identity.traits import Traits

if TYPE_CHECKING:
    KeepKeys = Callable[[int, pl.DataFrame], None]

RANDOM_PAIRS: Final = 300_000
TRAINING_PAIRS: Final = 60_000
QUICK_PAIRS: Final = 20_000
TABLE: Final = "identity_record"
BLOCK_TABLE: Final = "identity_block"
"""The records, one with several names or addresses once for each of them."""


@dataclass(frozen=True, slots=True)
class PartyResult:
    """Clusters and the pairs that matter, judged; `model` is None with nothing to compare.

    `labels` are the clusters at the cut in use, `clusters` those at both.
    `candidates` counts all pairs that blocking offered, those let go as hopeless among them.
    """

    clusters: Clusters
    labels: np.ndarray
    pairs: Pairs
    verdicts: Verdicts
    candidates: int
    model: PartModel | None


@dataclass(slots=True)
class Clock:
    """Wall seconds by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the seconds spent inside to the step."""
        start = perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start


@dataclass(frozen=True, slots=True)
class Task:
    """Everything one party type is resolved with.

    Attributes:
        kind: the party type.
        records: its conformed records, sorted by id.
        connection: where Splink and the blocking work.
        model: frozen part, or None to train.
        rule: the linkage constants.
        seed: of the samples.
        key: secret for the hashes.
        must: record numbers (two columns) that must be joined.
        cannot: record numbers that must stay apart.
        related: record numbers of two parties, which stay apart too.
        candidates: the pairs to compare where blocking was done elsewhere; needs a model.
        keep: takes the block keys of each rule (`record`, `key`), rules counted in their order.
        laws: what is declared of the identifiers of this party type.
        shown: takes the normalised records.
    """

    kind: PartyType
    records: pl.DataFrame
    connection: DuckDBPyConnection
    model: PartModel | None
    rule: Linkage
    seed: int
    key: bytes
    must: np.ndarray
    cannot: np.ndarray
    related: np.ndarray
    candidates: Candidates | None = None
    keep: KeepKeys | None = None
    laws: tuple[Law, ...] = ()
    shown: Callable[[pl.DataFrame], None] | None = None


def resolve_party(task: Task, clock: Clock) -> PartyResult:
    """Return the clusters of one party type and the model that made them."""
    with clock.step("normalise"):
        traits = task.model.traits if task.model else None
        columns, traits = normalise(task.records, task.connection, traits=traits, key=task.key)
    if task.shown:
        task.shown(columns)
    filled = has_data(columns)
    comparisons = _comparisons(task, filled, traits)
    with _registered(task.connection, columns):
        if len(columns) <= 1 or not comparisons:
            if task.model:
                _keep_keys(task, task.model.plan)
            return _undecided(task)
        comparing = _Comparing(task, columns, comparisons, filled, clock)
        del columns  # the table holds them too, and that is enough of them in memory
        return comparing.run(traits)


def _keep_keys(task: Task, plan: BlockingPlan, keys: BlockKeys | None = None) -> None:
    if task.keep:
        known = keys or _block_keys(task, plan)
        for number, rule in enumerate(plan.rules):
            task.keep(number, known.of(rule.columns))


def _block_keys(task: Task, plan: BlockingPlan) -> BlockKeys:
    return BlockKeys(task.connection, BLOCK_TABLE, [rule.columns for rule in plan.rules])


def block_keys(task: Task) -> None:
    """Give the block keys of the task's records, by its frozen model, to `keep`."""
    if task.model and len(task.records):
        traits = task.model.traits
        columns, _ = normalise(task.records, task.connection, traits=traits, key=task.key)
        with _registered(task.connection, columns):
            _keep_keys(task, task.model.plan)


def _comparisons(task: Task, filled: Mapping[str, bool], traits: Traits) -> tuple[Comparison, ...]:
    if task.model:
        return task.model.latent.comparisons
    chosen = chosen_comparisons(
        lambda name: filled.get(name, False),
        is_organisation=task.kind == "organisation",
        extras=traits.extras,
    )
    return (*chosen, *law_comparison(task.laws, task.kind)) if chosen else ()


@contextmanager
def _registered(connection: DuckDBPyConnection, columns: pl.DataFrame) -> Iterator[None]:
    connection.register("identity_frame", columns)
    connection.execute(f"create or replace temp table {TABLE} as from identity_frame")
    connection.unregister("identity_frame")
    connection.register("identity_variant", variants(columns))
    connection.execute(
        f"create or replace temp view {BLOCK_TABLE} as from {TABLE} union all from identity_variant"
    )
    del columns
    try:
        yield
    finally:
        connection.execute(f"drop view {BLOCK_TABLE}")
        connection.unregister("identity_variant")
        connection.execute(f"drop table {TABLE}")


def _undecided(task: Task) -> PartyResult:
    """Return every record alone but for must-links, where there is no evidence to compare."""
    size = len(task.records)
    left, right = task.must[:, 0], task.must[:, 1]
    odds = np.full(len(left), IMPOSSIBLE)
    forced = np.ones(len(left), bool)
    vectors = np.zeros((len(left), 0), np.int8)
    pairs = Pairs(left, right, vectors, vectors.astype(np.float32))
    components = bounded_components(size, left, right, odds, forced)
    cannot = _members(left, right, _apart(task), size)
    graph = Graph(components, left, right, vectors, pairs.terms, forced, cannot)
    found = clusters(graph, NOTHING, task.rule)
    verdicts = Verdicts(odds, odds, np.zeros(len(left), np.int64), np.ones(len(left)))
    return PartyResult(found, found.at(task.rule), pairs, verdicts, 0, None)


def _apart(task: Task) -> np.ndarray:
    return np.concatenate([task.cannot, task.related])


def _members(left: np.ndarray, right: np.ndarray, chosen: np.ndarray, size: int) -> np.ndarray:
    """Return, per pair, whether it is among the chosen pairs (two columns, left < right)."""
    if not len(chosen):
        return np.zeros(len(left), bool)
    return np.isin(packed(left, right, size), packed(chosen[:, 0], chosen[:, 1], size))


class _Comparing:
    """A run over one registered table of records."""

    def __init__(
        self,
        task: Task,
        columns: pl.DataFrame,
        comparisons: tuple[Comparison, ...],
        filled: Mapping[str, bool],
        clock: Clock,
    ) -> None:
        self.task = task
        self.comparisons = comparisons
        self.learned = tuple(c for c in comparisons if c.name != LAW)
        self.clock = clock
        self.size = len(columns)
        self.vectoriser = Vectoriser(task.connection, TABLE, comparisons)
        self.filled = {**filled, "ids": filled["claimed_ids"]}
        names = task.model.terms if task.model else self._weighed_columns()
        hashed = {name: hashed_values(columns[name], task.key) for name in names}
        self.tables = task.model.terms if task.model else _term_tables(hashed)
        terms = Terms(columns, self.tables, hashed)
        self.scoring = Scoring(self.vectoriser, comparisons, terms)

    def run(self, traits: Traits) -> PartyResult:
        task, clock = self.task, self.clock
        randoms = np.zeros((0, 0), np.int8) if task.model else self._randoms()
        with clock.step("block"):
            plan = task.model.plan if task.model else self._planned(randoms)
            keys = _block_keys(task, plan)
            left, right = self._candidates(keys, plan)
            _keep_keys(task, plan, keys)
            del keys
        with clock.step("train"):
            latent = task.model.latent if task.model else self._learned(left, right, randoms)
        with clock.step("compare"):
            decided = np.concatenate([task.must, task.cannot])
            kept = _members(left, right, decided, self.size)
            scored = self.scoring.scored(latent, left, right, kept)
        with clock.step("decide"):
            components, limit = self._components(scored)
        with clock.step("compare"):
            within = self._others_within(components, scored.pairs)
            scored = joined([scored, self.scoring.scored(latent, *within)])
        with clock.step("decide"):
            found = clusters(self._graph(components, scored), pool(latent), task.rule)
        model = task.model or PartModel(
            self.size, latent, traits, plan, self.tables, limit, spread(scored.verdicts.log_odds)
        )
        labels = found.at(task.rule)
        return PartyResult(found, labels, scored.pairs, scored.verdicts, len(left), model)

    def _randoms(self) -> np.ndarray:
        with self.clock.step("train"):
            pairs = random_pairs(self.size, RANDOM_PAIRS, self.task.seed)
            return self.vectoriser.vectors(*pairs)

    def _planned(self, randoms: np.ndarray) -> BlockingPlan:
        """Return the blocking rules that pay, judged by a model of the cheapest rules' pairs."""
        rules = ORGANISATION_RULES if self.task.kind == "organisation" else PERSON_RULES
        offered = [rule for rule in rules if all(self.filled.get(name) for name in rule)]

        def worth(
            left: np.ndarray, right: np.ndarray, core: np.ndarray, scale: float
        ) -> np.ndarray:
            few = core[_drawn(len(core), QUICK_PAIRS, self.task.seed)]
            quick = self._trained(left[few], right[few], randoms, round(len(core) * scale))
            odds = self.scoring.scored(quick, left, right).verdicts.log_odds
            return np.asarray(1 / (1 + np.exp(-np.clip(odds, -50, 50))))

        keys = BlockKeys(self.task.connection, BLOCK_TABLE, offered)
        plan = plan_blocking(keys, self.size, offered, worth)
        return reaching(plan, self.task.laws, self.task.kind)

    def _candidates(self, keys: BlockKeys, plan: BlockingPlan) -> Candidates:
        """Return blocked pairs and decided pairs, each once, sorted."""
        if self.task.candidates is None:
            left, right = candidate_pairs(keys, plan, self.size)
        else:
            left, right = self.task.candidates
        decided = np.concatenate([self.task.must, self.task.cannot])
        if not len(decided):
            return left, right
        pairs = np.union1d(
            packed(left, right, self.size), packed(decided[:, 0], decided[:, 1], self.size)
        )
        return unpacked(pairs, self.size)

    def _weighed_columns(self) -> list[str]:
        names = {level.frequency for c in self.comparisons for level in c.levels if level.frequency}
        return sorted(names)

    def _learned(self, left: np.ndarray, right: np.ndarray, randoms: np.ndarray) -> Latent:
        """Return the model learned from a sample of all candidates."""
        rows = _drawn(len(left), TRAINING_PAIRS, self.task.seed)
        return self._trained(left[rows], right[rows], randoms, len(left))

    def _trained(
        self, left: np.ndarray, right: np.ndarray, randoms: np.ndarray, stands_for: int
    ) -> Latent:
        """Return the model learned from these pairs, drawn from `stands_for` candidates.

        Laws are declared, not learned: their comparison comes last and is left out of training.
        """
        pairs, width = self.scoring.compared(left, right), len(self.learned)
        learned = train(
            self.learned,
            Sample(pairs.vectors[:, :width], pairs.terms[:, :width], stands_for),
            randoms[:, :width],
            self.size * (self.size - 1) / 2,
            self.task.seed,
        )
        return lawful(learned, self.task.laws, self.task.kind)

    def _components(self, scored: Scored) -> tuple[np.ndarray, int]:
        """Return the components, and how large they may be: as frozen, or as can be afforded."""
        left, right = scored.pairs.left, scored.pairs.right
        forced = _members(left, right, self.task.must, self.size)
        above = scored.verdicts.log_odds - LENIENT.cut
        graph = (self.size, left, right, above, forced)
        model = self.task.model
        limit = model.component_limit if model else component_limit(*graph)
        return bounded_components(*graph, limit=limit), limit

    def _others_within(self, components: np.ndarray, pairs: Pairs) -> Candidates:
        """Return the pairs within components that are not among these."""
        inside = packed(*pairs_within(components), self.size)
        known = packed(pairs.left, pairs.right, self.size)
        return unpacked(inside[~np.isin(inside, known)], self.size)

    def _graph(self, components: np.ndarray, scored: Scored) -> Graph:
        pairs = scored.pairs
        return Graph(
            components,
            pairs.left,
            pairs.right,
            pairs.vectors,
            pairs.terms,
            _members(pairs.left, pairs.right, self.task.must, self.size),
            _members(pairs.left, pairs.right, _apart(self.task), self.size),
            holdings(self.task.connection, TABLE, components, self.task.laws),
        )


def _term_tables(hashed: Mapping[str, pl.DataFrame]) -> dict[str, TermTable]:
    return {name: term_table(values) for name, values in hashed.items()}


def _drawn(count: int, wanted: int, seed: int) -> np.ndarray:
    """Return row numbers below `count`, all or a sorted sample."""
    if count <= wanted:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, wanted, replace=False))
