"""Nothing is decided anew where nothing was learned: the law, against an oracle."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import Value, add, bare
from cdp.store import Statement, Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

Partition = dict[str, int]
"""Record -> label."""

NAMES = [f"s:{i:02d}" for i in range(10)]
partitions = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 4))
changed_records = st.sets(st.sampled_from(NAMES), max_size=3)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    warehouse = bare(threads=1)
    with closing(warehouse.connection):
        yield warehouse


def placed(
    warehouse: Warehouse, before: Partition, engine: Partition, changed: set[str]
) -> set[frozenset[str]]:
    """Return the clusters of the records that the engine partitioned."""
    for table in ("silver.record", "identity.assignment"):
        warehouse.connection.execute(f"truncate {table}")
    records: list[dict[str, Value]] = [{"record_id": r, "party_type": "person"} for r in engine]
    assigned: list[dict[str, Value]] = [
        {"record_id": r, "profile_id": f"P-{label}", "live": True, "evidence": "old"}
        for r, label in before.items()
    ]
    if records:
        add(warehouse, "silver.record", *records)
    if assigned:
        add(warehouse, "identity.assignment", *assigned)
    clusters = [(r, str(label)) for r, label in engine.items()]
    evidence = [(r, "new" if r in changed else "old") for r in engine]
    for table, rows, column in (
        ("step.engine_cluster", clusters, "cluster"),
        ("step.evidence", evidence, "evidence"),
    ):
        schema = {"record_id": pl.String, column: pl.String}
        warehouse.put(table, pl.DataFrame(rows, schema=schema, orient="row"))
    for name in ("engine_party", "party_cluster"):
        warehouse.make(Statement.load("cdp.identity", name))
    found: dict[str, set[str]] = {}
    for record, cluster in warehouse.query(
        "select record_id, cluster from step.party_cluster"
    ).rows():
        found.setdefault(cluster, set()).add(record)
    assert all(min(members) == cluster for cluster, members in found.items())
    return {frozenset(members) for members in found.values()}


def groups(partition: dict[str, object]) -> set[frozenset[str]]:
    found: dict[object, set[str]] = {}
    for record, label in partition.items():
        found.setdefault(label, set()).add(record)
    return {frozenset(members) for members in found.values()}


def oracle(before: Partition, engine: Partition, changed: set[str]) -> set[frozenset[str]]:
    known = {r: label for r, label in before.items() if r in engine and r not in changed}
    reached = {engine[r] for r in engine if r not in known}
    size = -1
    while size != len(reached):
        size = len(reached)
        profiles = {known[r] for r in known if engine[r] in reached}
        reached |= {engine[r] for r in known if known[r] in profiles}
    bereft = {label for r, label in before.items() if r not in engine}
    labels: dict[str, object] = {}
    for r, cluster in engine.items():
        if cluster in reached:
            labels[r] = ("engine", cluster)
        elif known[r] in bereft:
            labels[r] = ("both", cluster, known[r])
        else:
            labels[r] = ("held", known[r])
    return groups(labels)


laws = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@laws
@given(before=partitions, engine=partitions, changed=changed_records)
def test_sql_and_oracle_agree(
    warehouse: Warehouse, before: Partition, engine: Partition, changed: set[str]
) -> None:
    assert placed(warehouse, before, engine, changed) == oracle(before, engine, changed)


@laws
@given(before=partitions, engine=partitions)
def test_a_loss_alone_joins_nobody_and_leaves_other_profiles_whole(
    warehouse: Warehouse, before: Partition, engine: Partition
) -> None:
    remaining = {r: label for r, label in engine.items() if r in before}
    found = placed(warehouse, before, remaining, set())
    whole = groups({**before})
    assert all(any(cluster <= profile for profile in whole) for cluster in found)
    assert {profile for profile in whole if profile <= set(remaining)} <= found


@laws
@given(engine=partitions)
def test_at_first_the_engine_is_followed(warehouse: Warehouse, engine: Partition) -> None:
    assert placed(warehouse, {}, engine, set()) == groups({**engine})


def test_news_reaches_along_shared_profiles(warehouse: Warehouse) -> None:
    before = {"s:01": 1, "s:02": 1, "s:03": 2, "s:04": 2, "s:05": 3, "s:06": 4}
    engine = {"s:00": 0, "s:01": 0, "s:02": 7, "s:03": 7, "s:04": 8, "s:05": 9, "s:06": 9}
    assert placed(warehouse, before, engine, set()) == {
        frozenset({"s:00", "s:01"}),
        frozenset({"s:02", "s:03"}),
        frozenset({"s:04"}),
        frozenset({"s:05"}),
        frozenset({"s:06"}),
    }
