"""One party type from raw records to clusters: the path of a run, step by step."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity.artefact import PartModel
from cdp.identity.blocking import (
    candidate_pairs,
    has_data,
    plan_blocking,
    random_pairs,
)
from cdp.identity.blocking_rules import ORGANISATION_RULES, PERSON_RULES
from cdp.identity.comparisons import chosen_comparisons
from cdp.identity.components import bounded_components, pairs_within
from cdp.identity.frequencies import Terms, term_table
from cdp.identity.latent import Verdicts, judge
from cdp.identity.linkage import Graph, Linkage, clusters
from cdp.identity.normalise import normalise
from cdp.identity.training import Sample, train
from cdp.identity.vectors import Vectoriser

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from duckdb import DuckDBPyConnection

    from cdp.identity.artefact import PartyType
    from cdp.identity.blocking import BlockingPlan, Candidates
    from cdp.identity.comparisons import Comparison
    from cdp.identity.frequencies import TermTable
    from cdp.identity.latent import Latent
    from cdp.identity.traits import Traits

RANDOM_PAIRS: Final = 300_000
TABLE: Final = "identity_record"
LIFELONG: Final = "birth_date"
"""The comparison whose value nobody has two of."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of record numbers, left < right, each once, with what is known of them."""

    left: np.ndarray
    right: np.ndarray
    vectors: np.ndarray
    terms: np.ndarray


@dataclass(frozen=True, slots=True)
class PartyResult:
    """Clusters and judged pairs of one party type; `model` is None with nothing to compare."""

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


def resolve_party(task: Task, clock: Clock) -> PartyResult:
    """Return the clusters of one party type and the model that made them."""
    with clock.step("normalise"):
        traits = task.model.traits if task.model else None
        columns, traits = normalise(task.records, task.connection, traits=traits, key=task.key)
    comparisons = _comparisons(task, columns, traits)
    if len(columns) <= 1 or not comparisons:
        return _undecided(task)
    with _registered(task.connection, columns):
        return _Comparing(task, columns, comparisons, clock).run(traits)


def _comparisons(task: Task, columns: pl.DataFrame, traits: Traits) -> tuple[Comparison, ...]:
    if task.model:
        return task.model.latent.comparisons
    filled = has_data(columns)
    return chosen_comparisons(
        lambda name: filled.get(name, False),
        is_organisation=task.kind == "organisation",
        extras=traits.extras,
    )


@contextmanager
def _registered(connection: DuckDBPyConnection, columns: pl.DataFrame) -> Iterator[None]:
    connection.register("identity_frame", columns)
    connection.execute(f"create or replace temp table {TABLE} as from identity_frame")
    connection.unregister("identity_frame")
    try:
        yield
    finally:
        connection.execute(f"drop table {TABLE}")


def _undecided(task: Task) -> PartyResult:
    """Return every record alone but for must-links, where there is no evidence to compare."""
    size = len(task.records)
    left, right = task.must[:, 0], task.must[:, 1]
    odds = np.full(len(left), task.rule.missing)
    verdicts = Verdicts(odds, odds, np.zeros(len(left), np.int64), np.ones(len(left)))
    forced = np.ones(len(left), bool)
    graph = Graph(
        bounded_components(size, left, right, odds, forced),
        left,
        right,
        odds,
        forced,
        _members(left, right, task.cannot, size),
        np.zeros(len(left), np.int8),
    )
    nothing = np.zeros((len(left), 0), np.int8)
    pairs = Pairs(left, right, nothing, nothing.astype(np.float32))
    return PartyResult(clusters(graph, task.rule), pairs, verdicts, 0, None)


def _members(left: np.ndarray, right: np.ndarray, chosen: np.ndarray, size: int) -> np.ndarray:
    """Return, per pair, whether it is among the chosen pairs (two columns, left < right)."""
    return np.isin(left * size + right, chosen[:, 0] * size + chosen[:, 1])


class _Comparing:
    """A run over one registered table of records."""

    def __init__(
        self,
        task: Task,
        columns: pl.DataFrame,
        comparisons: tuple[Comparison, ...],
        clock: Clock,
    ) -> None:
        self.task = task
        self.columns = columns
        self.comparisons = comparisons
        self.clock = clock
        self.size = len(columns)
        self.vectoriser = Vectoriser(task.connection, TABLE, comparisons)

    def run(self, traits: Traits) -> PartyResult:
        task, clock = self.task, self.clock
        with clock.step("block"):
            plan, blocked = self._blocked()
            left, right = self._with_decided(*blocked)
        with clock.step("compare"):
            tables = task.model.terms if task.model else self._term_tables()
            terms = Terms(self.columns, tables, task.key)
            pairs = self._compared(terms, left, right)
        with clock.step("train"):
            latent = task.model.latent if task.model else self._trained(pairs)
        with clock.step("decide"):
            verdicts = judge(latent, pairs.vectors, pairs.terms)
            components = self._components(pairs, verdicts)
        with clock.step("compare"):
            added = self._completed(terms, components, pairs)
        with clock.step("decide"):
            verdicts = _joined_verdicts(verdicts, judge(latent, added.vectors, added.terms))
            pairs = _joined_pairs(pairs, added)
            labels = clusters(self._graph(components, pairs, verdicts, latent), task.rule)
        model = PartModel(self.size, latent, traits, plan, tables)
        return PartyResult(labels, pairs, verdicts, len(left), task.model or model)

    def _blocked(self) -> tuple[BlockingPlan, Candidates]:
        if self.task.model:
            plan = self.task.model.plan
            return plan, candidate_pairs(self.task.connection, TABLE, plan)
        rules = ORGANISATION_RULES if self.task.kind == "organisation" else PERSON_RULES
        filled = has_data(self.columns)
        filled["ids"] = filled["claimed_ids"]
        return plan_blocking(
            self.task.connection, TABLE, self.size, rules, lambda name: filled.get(name, False)
        )

    def _with_decided(self, left: np.ndarray, right: np.ndarray) -> Candidates:
        """Return blocked pairs and decided pairs, each once, sorted."""
        decided = np.concatenate([self.task.must, self.task.cannot])
        keys = np.union1d(
            left * self.size + right, decided[:, 0] * self.size + decided[:, 1]
        ).astype(np.int64)
        return keys // self.size, keys % self.size

    def _term_tables(self) -> dict[str, TermTable]:
        names = {level.frequency for c in self.comparisons for level in c.levels if level.frequency}
        return {name: term_table(self.columns[name], self.task.key) for name in sorted(names)}

    def _compared(self, terms: Terms, left: np.ndarray, right: np.ndarray) -> Pairs:
        vectors = self.vectoriser.vectors(left, right)
        return Pairs(left, right, vectors, terms.matrix(self.comparisons, vectors, left, right))

    def _trained(self, pairs: Pairs) -> Latent:
        left, right = random_pairs(self.size, RANDOM_PAIRS, self.task.seed)
        return train(
            self.comparisons,
            Sample(pairs.vectors, pairs.terms),
            self.vectoriser.vectors(left, right),
            self.size * (self.size - 1) / 2,
            self.task.seed,
        )

    def _components(self, pairs: Pairs, verdicts: Verdicts) -> np.ndarray:
        forced = _members(pairs.left, pairs.right, self.task.must, self.size)
        return bounded_components(self.size, pairs.left, pairs.right, verdicts.log_odds, forced)

    def _completed(self, terms: Terms, components: np.ndarray, pairs: Pairs) -> Pairs:
        """Return the pairs within components that were no candidates."""
        left, right = pairs_within(components)
        is_new = ~np.isin(left * self.size + right, pairs.left * self.size + pairs.right)
        return self._compared(terms, left[is_new], right[is_new])

    def _graph(
        self, components: np.ndarray, pairs: Pairs, verdicts: Verdicts, latent: Latent
    ) -> Graph:
        return Graph(
            components,
            pairs.left,
            pairs.right,
            verdicts.log_odds,
            _members(pairs.left, pairs.right, self.task.must, self.size),
            _members(pairs.left, pairs.right, self.task.cannot, self.size),
            *lifelong(latent, pairs.vectors),
        )


def lifelong(latent: Latent, vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Return, per pair, how the birth dates agree, and what their contradiction counts (nats)."""
    names = [comparison.name for comparison in latent.comparisons]
    if LIFELONG not in names:
        return np.zeros(len(vectors), np.int8), 0.0
    column = names.index(LIFELONG)
    levels = vectors[:, column]
    weight = float(np.log(latent.m[column][0] / latent.u[column][0]))
    return np.where(levels < 0, 0, np.where(levels == 0, -1, 1)).astype(np.int8), min(0.0, weight)


def _joined_pairs(first: Pairs, second: Pairs) -> Pairs:
    return Pairs(
        np.concatenate([first.left, second.left]),
        np.concatenate([first.right, second.right]),
        np.concatenate([first.vectors, second.vectors]),
        np.concatenate([first.terms, second.terms]),
    )


def _joined_verdicts(first: Verdicts, second: Verdicts) -> Verdicts:
    return Verdicts(
        np.concatenate([first.log_odds, second.log_odds]),
        np.concatenate([first.against_strangers, second.against_strangers]),
        np.concatenate([first.innocent, second.innocent]),
        np.concatenate([first.share, second.share]),
    )
