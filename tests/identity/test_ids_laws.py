"""The laws of ids over random histories, against a slow oracle that shares nothing with the SQL.

A statement costs the same for one history as for a hundred, so most laws are tried on many
independent histories at once; the comparison with the oracle also on one, which shrinks.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import bare
from cdp.identity.ids import carry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.store import Warehouse

AT = datetime(2026, 1, 31, tzinfo=UTC)
KINDS = ["person"] * 8 + ["organisation"] * 2 + ["visitor"] * 3

Labelling = dict[str, tuple[str, int]]
"""Record -> (entity type, label): records that share both are one cluster."""

labellings = st.dictionaries(
    st.sampled_from([f"s:{i:02d}" for i in range(12)]),
    st.tuples(st.sampled_from(KINDS), st.integers(0, 3)),
    max_size=12,
)
histories = st.lists(labellings, min_size=1, max_size=5)


def many(seed: int) -> list[Labelling]:
    """Return 120 independent histories of ten records, run by run as one."""
    random = Random(seed)  # noqa: S311 - test data
    runs: list[Labelling] = [{} for _ in range(random.randint(2, 5))]
    for shelf in range(120):
        for run in runs:
            share = random.random()
            for i in range(10):
                if random.random() < share:
                    label = 4 * shelf + random.randint(0, 3)
                    run[f"s{shelf:02d}:{i}"] = (random.choice(KINDS), label)
    return runs


many_histories = st.integers(0, 2**32).map(many)
fixture = [HealthCheck.function_scoped_fixture]
laws = settings(deadline=None, max_examples=4, suppress_health_check=fixture)
single = settings(deadline=None, max_examples=25, suppress_health_check=fixture)


@dataclass
class Oracle:
    """Ids carried one cluster and one record at a time."""

    assignment: dict[str, tuple[str, bool]] = field(default_factory=dict)
    profile: dict[str, tuple[str, str, int, int]] = field(default_factory=dict)
    alias: dict[str, str] = field(default_factory=dict)
    history: set[tuple[str, int, str, str, int]] = field(default_factory=set)

    def status(self) -> dict[str, str]:
        held = {p for p, live in self.assignment.values() if live}
        return {
            p: "merged" if p in self.alias else "live" if p in held else "emptied"
            for p in self.profile
        }

    def step(self, labelling: Labelling, run: int) -> None:
        clusters: dict[tuple[str, int], set[str]] = {}
        for record, key in labelling.items():
            clusters.setdefault(key, set()).add(record)
        before, status = dict(self.assignment), self.status()
        holders = self._holders(clusters)
        ids = self._ids(clusters, holders, run)
        retired = {old: ids[key] for old, key in holders.items() if old != ids[key]}
        self.alias = {a: retired.get(p, p) for a, p in self.alias.items()} | retired
        now = {record: (retired.get(p, p), False) for record, (p, _) in before.items()}
        now |= {record: (ids[key], True) for key, members in clusters.items() for record in members}
        self.assignment = now
        self._record(before, status, retired, run)

    def _holders(self, clusters: dict[tuple[str, int], set[str]]) -> dict[str, tuple[str, int]]:
        """For each id, the cluster that continues it."""
        best: dict[str, tuple[tuple[int, list[int]], tuple[str, int]]] = {}
        for key, members in clusters.items():
            mine: dict[str, list[str]] = {}
            for record in members:
                if record in self.assignment:
                    mine.setdefault(self.assignment[record][0], []).append(record)
            for old, records in mine.items():
                kind = self.profile[old][0]
                if kind != key[0] and (kind, key[0]) != ("visitor", "person"):
                    continue
                rank = (len(records), [-ord(c) for c in min(records)])
                if old not in best or rank > best[old][0]:
                    best[old] = (rank, key)
        return {old: key for old, (_, key) in best.items()}

    def _ids(
        self,
        clusters: dict[tuple[str, int], set[str]],
        holders: dict[str, tuple[str, int]],
        run: int,
    ) -> dict[tuple[str, int], str]:
        ids: dict[tuple[str, int], str] = {}
        minted = {}
        for old, key in sorted(holders.items(), key=lambda item: (self.profile[item[0]][3], item)):
            if self.profile[old][0] == key[0]:
                ids.setdefault(key, old)
        for key in clusters.keys() - ids.keys():
            seed = min(clusters[key])
            ordinal = sum(1 for p in self.profile.values() if p[1] == seed)
            prefix = "A-" if key[0] == "organisation" else "P-"
            ids[key] = prefix + sha256(f"{seed}#{ordinal}".encode()).hexdigest()[:20]
            minted[ids[key]] = (key[0], seed, ordinal, run)
        assert not set(minted) & set(self.profile)
        self.profile |= minted
        return ids

    def _record(
        self,
        before: dict[str, tuple[str, bool]],
        status: dict[str, str],
        retired: dict[str, str],
        run: int,
    ) -> None:
        now, after = self.assignment, self.status()
        held = Counter(p for p, live in now.values() if live)
        passages = {("live", "emptied"): "emptied", ("emptied", "live"): "revived"}
        events = {(p, "born", "") for p in self.profile if p not in status}
        for p, was in status.items():
            if (was, after[p]) in passages:
                events.add((p, passages[was, after[p]], ""))
        for old, new in retired.items():
            events |= {(old, "merged_into", new), (new, "absorbed", old)}
        for record, (p, live) in now.items():
            old, was_live = before.get(record, (p, False))
            stayed = status.get(p) == after[p] == "live" and old == p
            if stayed and live and not was_live:
                events.add((p, "grew", ""))
            if stayed and was_live and not live:
                events.add((p, "shrank", ""))
            if live and old != p and retired.get(old) != p:
                events |= {(old, "split_off", p), (p, "split_from", old)}
        self.history |= {(p, run, event, other, held[p]) for p, event, other in events}


@pytest.fixture(scope="module")
def store() -> Iterator[Warehouse]:
    warehouse = bare(threads=1)
    with closing(warehouse.connection):
        yield warehouse


@pytest.fixture
def warehouse(store: Warehouse) -> Warehouse:
    return store


def clear(warehouse: Warehouse) -> None:
    for table in ("assignment", "profile", "alias", "history", "edge"):
        warehouse.connection.execute(f"truncate identity.{table}")


def put_clusters(warehouse: Warehouse, labelling: Labelling) -> None:
    rows = [(record, f"{kind}/{label}", kind, None) for record, (kind, label) in labelling.items()]
    schema = dict.fromkeys(["record_id", "cluster", "entity_type", "evidence"], pl.String)
    warehouse.put("step.ids_cluster", pl.DataFrame(rows, schema=schema, orient="row"))


def play(warehouse: Warehouse, history: list[Labelling]) -> None:
    clear(warehouse)
    for run, labelling in enumerate(history, start=1):
        put_clusters(warehouse, labelling)
        carry(warehouse, run_id=run, at=AT)


def rows(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    return warehouse.query(sql).rows()


def state(warehouse: Warehouse) -> list[list[tuple[Any, ...]]]:
    return [
        rows(warehouse, "from identity.assignment"),
        rows(warehouse, "from identity.profile"),
        rows(warehouse, "from identity.alias"),
        rows(warehouse, "from identity.history"),
    ]


def compare(warehouse: Warehouse, history: list[Labelling]) -> None:
    clear(warehouse)
    oracle = Oracle()
    for run, labelling in enumerate(history, start=1):
        put_clusters(warehouse, labelling)
        carry(warehouse, run_id=run, at=AT)
        oracle.step(labelling, run)
    assignment = rows(warehouse, "select record_id, profile_id, live from identity.assignment")
    assert set(assignment) == {(r, p, live) for r, (p, live) in oracle.assignment.items()}
    profiles = rows(
        warehouse,
        "select profile_id, entity_type, seed_record, ordinal, born_run, status"
        " from identity.profile",
    )
    status = oracle.status()
    assert set(profiles) == {(p, *about, status[p]) for p, about in oracle.profile.items()}
    assert len(profiles) == len(oracle.profile)
    alias = rows(warehouse, "select retired_id, profile_id from identity.alias")
    assert dict(alias) == oracle.alias
    changes = rows(
        warehouse, "select profile_id, run_id, event, other_id, records from identity.history"
    )
    assert set(changes) == oracle.history
    assert len(changes) == len(oracle.history)


@single
@given(history=histories)
def test_sql_and_oracle_agree(warehouse: Warehouse, history: list[Labelling]) -> None:
    compare(warehouse, history)


@laws
@given(history=many_histories)
def test_sql_and_oracle_agree_on_many(warehouse: Warehouse, history: list[Labelling]) -> None:
    compare(warehouse, history)


@laws
@given(history=many_histories)
def test_every_id_ever_issued_resolves_in_one_step(
    warehouse: Warehouse, history: list[Labelling]
) -> None:
    clear(warehouse)
    issued: set[str] = set()
    for run, labelling in enumerate(history, start=1):
        put_clusters(warehouse, labelling)
        carry(warehouse, run_id=run, at=AT)
        alias = dict(rows(warehouse, "select retired_id, profile_id from identity.alias"))
        status = dict(rows(warehouse, "select profile_id, status from identity.profile"))
        held = rows(warehouse, "select distinct profile_id from identity.assignment where live")
        issued |= {p for (p,) in held}
        assert issued <= set(status)
        live = {p for p, s in status.items() if s == "live"}
        assert live == {p for (p,) in held}
        assert {p for p, s in status.items() if s == "merged"} == set(alias)
        assert all(status[survivor] != "merged" for survivor in alias.values())


@laws
@given(history=many_histories)
def test_assignment_is_exactly_the_clustering(
    warehouse: Warehouse, history: list[Labelling]
) -> None:
    play(warehouse, history)
    found: dict[str, set[str]] = {}
    held = rows(warehouse, "select record_id, profile_id from identity.assignment where live")
    for record, profile in held:
        found.setdefault(profile, set()).add(record)
    wanted: dict[tuple[str, int], set[str]] = {}
    for record, key in history[-1].items():
        wanted.setdefault(key, set()).add(record)
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, wanted.values()))


@laws
@given(history=many_histories)
def test_the_same_clusters_again_change_nothing(
    warehouse: Warehouse, history: list[Labelling]
) -> None:
    play(warehouse, history)
    before = state(warehouse)
    put_clusters(warehouse, history[-1])
    assert carry(warehouse, run_id=len(history) + 1, at=AT) == {}
    assert state(warehouse) == before


@laws
@given(history=many_histories, random=st.randoms(use_true_random=False))
def test_row_order_is_irrelevant(
    warehouse: Warehouse, history: list[Labelling], random: Random
) -> None:
    play(warehouse, history)
    before = state(warehouse)
    shuffled = []
    for labelling in history:
        items = list(labelling.items())
        random.shuffle(items)
        shuffled.append(dict(items))
    play(warehouse, shuffled)
    assert state(warehouse) == before


@laws
@given(history=many_histories)
def test_a_record_that_returns_alone_finds_its_id(
    warehouse: Warehouse, history: list[Labelling]
) -> None:
    play(warehouse, history)
    last = history[-1]
    before = dict(rows(warehouse, "select record_id, profile_id from identity.assignment"))
    play(warehouse, [*history, {}, last])
    after = dict(rows(warehouse, "select record_id, profile_id from identity.assignment"))
    assert after == before
