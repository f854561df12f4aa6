"""Every per-record, per-profile and per-account statement is the same over one and seven buckets.

A whole run is carried out with a warehouse that compares before it executes, so that each
statement is checked with the tables and the parameters that it really gets.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from buckets import differences
from cdp import pipeline
from cdp.publish import documents
from cdp.settings import Settings
from cdp.store import Statement, Warehouse
from cdp.store.statement import statements
from cdp.store.stream import batches
from conftest import copy_rules, make_fixtures

Work = Callable[..., Any]


@pytest.fixture(scope="module")
def found(
    tmp_path_factory: pytest.TempPathFactory,
    settings: Settings,
    clock: Callable[[], datetime],
) -> dict[str, list[Any]]:
    """Run a small workspace; what each statement gave differently, by its name."""
    base = tmp_path_factory.mktemp("buckets")
    data = make_fixtures(base / "data", persons=100, seed=3)
    seen: dict[str, list[Any]] = {}

    def compare(warehouse: Warehouse, statement: Statement, params: dict[str, object]) -> None:
        if statement.key != "global":
            bad = seen.setdefault(statement.name, [])
            bad.extend(differences(warehouse, statement, 7, **params))

    def checked(work: Work) -> Work:
        def wrapper(self: Warehouse, statement: Statement, **params: object) -> Any:
            compare(self, statement, params)
            return work(self, statement, **params)

        return wrapper

    def checked_stream(
        warehouse: Warehouse, statement: Statement, rows: int, **params: object
    ) -> Iterator[pa.RecordBatch]:
        compare(warehouse, statement, params)
        return batches(warehouse, statement, rows, **params)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("append", "make", "select"):
            patch.setattr(Warehouse, name, checked(getattr(Warehouse, name)))
        patch.setattr(documents, "batches", checked_stream)
        pipeline.run(copy_rules(base / "workspace", data), settings, clock)
    return seen


LOCAL = [
    s.name
    for stage in pipeline.STAGES
    for s in statements(f"cdp.{stage.name}")
    if s.key != "global"
]


@pytest.mark.parametrize("name", LOCAL)
def test_statement_is_the_same_in_buckets(name: str, found: dict[str, list[Any]]) -> None:
    assert name in found, "no run executes this statement: remove it or reach it"
    assert found[name] == []
