"""A shop whose rules put two customers into quarantine, for tests of what people do about it."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from cdp import pipeline
from cdp.settings import Settings
from cdp.store.peek import peek
from corner_shop import CornerShop, customer


class Run(Protocol):
    """Runs the pipeline of a shop up to a stage, that which lists the quarantine by itself."""

    def __call__(self, shop: CornerShop, to_stage: str = ...) -> pipeline.RunResult: ...


RULES = {
    "quality/crm.yaml": {
        "objects": {
            "customer": {
                "fields": {
                    "email": {"format": "email", "severity": "quarantine"},
                    "zip": {"pattern": "[0-9]{5}"},
                    "born": {"min": "1900-01-01", "max": "arrival"},
                },
                "fresh": "7 days",
                "rows": {"fall": 50},
            }
        }
    },
    "mappings/shop.yaml": None,
}
BAD = {**customer(3, 1), "email": "nobody at home"}
WORSE = {**customer(5, 1), "email": "no", "zip": "ABC"}


@pytest.fixture(scope="module")
def judging(settings: Settings, clock: Callable[[], datetime]) -> Run:

    def carry_out(shop: CornerShop, to_stage: str = "quarantine") -> pipeline.RunResult:
        request = pipeline.Request(to_stage=to_stage)
        return pipeline.run(shop.workspace, settings, clock, request)

    return carry_out


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, judging: Run) -> CornerShop:
    """A shop whose first run put two customers into quarantine."""
    rules = {name: text for name, text in RULES.items() if text}
    shop = CornerShop(tmp_path_factory.mktemp("judged"), rules)
    good = [customer(n, 1) | {"email": f"c{n}@mail.example"} for n in range(12) if n not in (3, 5)]
    shop.customers("crm", [*good, BAD, WORSE, good[0]])
    judging(shop)
    return shop


@pytest.fixture
def judged_shop(judged: CornerShop, tmp_path: Path) -> CornerShop:
    """A copy of the shop that a test may change."""
    target = tmp_path / "shop"
    shutil.copytree(judged.root, target)
    rules = {name: text for name, text in RULES.items() if text}
    return CornerShop(target, rules, deliveries=1)


def rows(shop: CornerShop, sql: str) -> list[tuple[Any, ...]]:
    with peek(shop.workspace.home) as warehouse:
        return warehouse.query(sql).rows()


def refused(result: pipeline.RunResult) -> int:
    report = result.stages[-1].report
    assert report is not None
    return report.counts["refused"]


def records(shop: CornerShop) -> set[str]:
    return {row[0] for row in rows(shop, "select record_id from silver.record")}
