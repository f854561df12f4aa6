"""Every per-record, per-profile and per-account statement is the same over one and seven buckets.

A whole run and one on a delta are carried out with a warehouse that compares before it executes,
so that each statement is checked with the tables and the parameters that it really gets. What a
delta narrows to some keys is compared as it is written, over all of them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
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

pytestmark = pytest.mark.long

Work = Callable[..., Any]
EVERY = 40
MORE = {
    "analyses/groups.yaml": "kind: clusters\n",
    "destinations/inside.yaml": ("type: csv_file\nsegments: [held_out]\npurpose: internal\n"),
    "scores/told.yaml": "method: external\nsource: crm\nfield: LoyaltyTier_KUT\n",
    "segments/held_out.yaml": ("control: {share: 0.5}\nwhere: {feature: orders, at_least: 1}\n"),
}
"""What the rules of the demo do not declare, and a statement needs to be reached."""


@pytest.fixture(scope="module")
def found(
    tmp_path_factory: pytest.TempPathFactory,
    settings: Settings,
    clock: Callable[[], datetime],
) -> dict[str, list[Any]]:
    """Run a small workspace, and again on what came later; what each statement gave differently."""
    base = tmp_path_factory.mktemp("buckets")
    data = make_fixtures(base / "data", persons=100, seed=3)
    seen: dict[str, list[Any]] = {}

    def compare(warehouse: Warehouse, statement: Statement, params: dict[str, object]) -> None:
        if statement.name in WRITTEN and statement.key != "global":
            bad = seen.setdefault(statement.name, [])
            bad.extend(differences(warehouse, WRITTEN[statement.name], 7, **params))

    def checked(work: Work) -> Work:
        def wrapper(self: Warehouse, statement: Statement, *stale: str, **params: object) -> Any:
            compare(self, statement, params)
            return work(self, statement, *stale, **params)

        return wrapper

    def checked_stream(
        warehouse: Warehouse, statement: Statement, rows: int, **params: object
    ) -> Iterator[pa.RecordBatch]:
        compare(warehouse, statement, params)
        return batches(warehouse, statement, rows, **params)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("append", "make", "select", "refresh", "redo"):
            patch.setattr(Warehouse, name, checked(getattr(Warehouse, name)))
        patch.setattr(documents, "batches", checked_stream)
        workspace = copy_rules(base / "workspace", data)
        for name, text in MORE.items():
            (workspace.root / name).write_text(text, encoding="utf-8")
        with _before_the_rest_came(data):
            pipeline.run(workspace, settings, clock)
        pipeline.run(workspace, settings, clock)
    return seen


@contextmanager
def _before_the_rest_came(data: Path) -> Iterator[None]:
    """Leave out every fortieth object of each file meanwhile."""
    whole = {path: path.read_bytes() for path in sorted(data.glob("*/*"))}
    for path, content in whole.items():
        path.write_text(_earlier(path.suffix, content.decode()), encoding="utf-8")
    yield
    for path, content in whole.items():
        path.write_bytes(content)


def _earlier(suffix: str, text: str) -> str:
    if suffix != ".json":
        head, *lines = text.splitlines(keepends=True)
        return "".join([head, *(line for n, line in enumerate(lines) if n % EVERY)])
    page = json.loads(text)
    _thin(page)
    return json.dumps(page)


def _thin(node: Any) -> None:
    """Leave out objects of the first list below a page."""
    children = node.values() if isinstance(node, dict) else []
    for child in children:
        if isinstance(child, list):
            child[:] = [item for n, item in enumerate(child, start=1) if n % EVERY]
        else:
            _thin(child)


ROOMS = sorted({stage.run.__module__.rpartition(".")[0] for stage in pipeline.STAGES})
WRITTEN = {s.name: s for room in ROOMS for s in statements(room)}
LOCAL = [name for name, statement in WRITTEN.items() if statement.key != "global"]


@pytest.mark.parametrize("name", LOCAL)
def test_statement_is_the_same_in_buckets(name: str, found: dict[str, list[Any]]) -> None:
    assert name in found, "no run executes this statement: remove it or reach it"
    assert found[name] == []
