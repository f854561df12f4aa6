"""A run on a delta, from raw files to the published generation, is a full run, row for row."""

import random
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cdp import pipeline
from cdp.identity import delta
from cdp.model.tables import TABLES
from cdp.settings import Settings, Workspace
from cdp.store import goldfile, manifest
from cdp.store.peek import peek
from corner_shop import CornerShop, campaign, club, customer, order, view

pytestmark = pytest.mark.long

Clock = Callable[[], datetime]
GUESTS: dict[str, object] = {
    "mappings/till.yaml": {
        "objects": {
            "order": {
                "ignore": ["id"],
                "orders": [
                    {
                        "mentions": [{"kind": "email", "value": "email"}],
                        "ordered_at": "at",
                        "status": {"const": "completed"},
                        "channel": {"const": "store"},
                        "currency": {"const": "USD"},
                        "amount": {"const": "30.00"},
                        "lines": {
                            "each": "lines",
                            "name": "name",
                            "quantity": {"const": "1"},
                            "amount": "amount",
                        },
                    }
                ],
            },
        }
    },
}
# A scorecard is of a run; files of real time are named by what they hold, publish compares those.
COMPARED = [
    table.name
    for table in TABLES
    if table.schema in {"silver", "identity", "gold"} and table.name != "identity.scorecard"
]


@pytest.fixture(scope="module")
def stocked(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings, clock: Clock
) -> CornerShop:
    shop = CornerShop(tmp_path_factory.mktemp("stocked"))
    shop.customers("crm", [customer(number, 1) for number in range(40)])
    shop.customers("shop", [customer(number, 2) for number in range(40)])
    shop.events("order", [order(number, number % 40) for number in range(60)])
    shop.events("view", [_view(number) for number in range(60)])
    shop.events("club", [club(0, "Chess", (1, 2)), club(1, "Chess", (3,)), club(2, "Tea", (4,))])
    shop.events("campaign", [campaign(number, "Winter", range(number, 9)) for number in (0, 1)])
    pipeline.run(shop.workspace, settings, clock)
    return shop


def _view(number: int) -> dict[str, object]:
    return view(number, customer(number % 40, 3)["email"] or "nobody@mail.example")


def _deliver(shop: CornerShop, draw: random.Random) -> None:
    """Deliver new and changed customers, orders, page views, clubs and campaigns."""
    for source in ("crm", "shop"):
        rows = {n: customer(n, draw.randrange(50)) for n in draw.sample(range(46), 3)}
        shop.customers(source, rows.values())
    shop.events("order", [order(draw.randrange(100), draw.randrange(46))])
    shop.events("view", [_view(draw.randrange(100))])
    known = draw.choice(("", "c0", "c2"))
    shop.events("club", [club(draw.randrange(4), "Chess", draw.sample(range(40), 2), known)])
    chosen = draw.sample(range(40), 4)
    shop.events("campaign", [campaign(draw.randrange(3), draw.choice("ab"), chosen)])


# a delta patches the files of real time, which a full run writes anew
_SHOWN = {"identity.lookup": "select entity_type, model_version, records from identity.lookup"}


def _tables(workspace: Workspace) -> dict[str, list[tuple[Any, ...]]]:
    with peek(workspace.home) as warehouse:
        return {
            name: sorted(warehouse.query(_SHOWN.get(name, f"from {quoted(name)}")).rows(), key=repr)
            for name in COMPARED
        }


def quoted(name: str) -> str:
    """Return the name of a table as SQL writes it."""
    return ".".join(f'"{part}"' for part in name.split("."))


def _worked(workspace: Workspace) -> dict[str, str]:
    with peek(workspace.home) as warehouse:
        rows = warehouse.query(
            "select s.stage, case when s.skipped then 'unchanged' when d.stage is null "
            "then 'whole' else 'delta' end from ops.stage_run as s left join ops.stage_delta as d "
            "on d.run_id = s.run_id and d.stage = s.stage "
            "where s.run_id = (select max(run_id) from ops.run)"
        )
    return dict(rows.rows())


def test_every_stage_works_on_what_changed_to_the_outcome_of_a_full_run(
    stocked: CornerShop,
    tmp_path: Path,
    settings: Settings,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delta, "MAX_SHARE", 1.1)
    shutil.copytree(stocked.root, tmp_path / "one")
    shop = CornerShop(tmp_path / "one", deliveries=6)
    draw = random.Random(1)  # noqa: S311 - a test
    for step in range(2):
        _deliver(shop, draw)
        twin = Workspace(shutil.copytree(shop.root, tmp_path / f"twin-{step}"))
        pipeline.run(shop.workspace, settings, clock)
        pipeline.run(twin, settings, clock, pipeline.Request(full=True))
        worked = _worked(shop.workspace)
        assert {stage for stage, how in worked.items() if how == "whole"} <= {"scorecard"}
        assert worked["identity"] == worked["golden"] == worked["publish"] == "delta"
        found, wanted = _tables(shop.workspace), _tables(twin)
        for name in COMPARED:
            assert found[name] == wanted[name], name


def test_a_changed_rule_makes_its_stage_work_on_everything(
    stocked: CornerShop, tmp_path: Path, settings: Settings, clock: Clock
) -> None:
    shutil.copytree(stocked.root, tmp_path / "one")
    shop = CornerShop(tmp_path / "one", deliveries=6)
    (shop.root / "survivorship.yaml").write_text("default: [recency, frequency]\n")
    shop.customers("crm", [customer(3, 9)])
    pipeline.run(shop.workspace, settings, clock)
    worked = _worked(shop.workspace)
    assert worked["canonical"] == "delta"
    assert worked["golden"] == "whole"
    assert worked["publish"] == "whole"


def test_other_lines_of_an_order_by_a_guest_are_published(
    tmp_path: Path, settings: Settings, clock: Clock
) -> None:
    shop = CornerShop(tmp_path, GUESTS)
    shop.customers("crm", [customer(number, 0) | {"email": f"{number}@x.org"} for number in (1, 2)])
    shop.events("order", [_guest_order("tea", "salt")])
    pipeline.run(shop.workspace, settings, clock)
    shop.events("order", [_guest_order("tea", "rice")])
    pipeline.run(shop.workspace, settings, clock)
    assert _worked(shop.workspace)["publish"] == "delta"
    served = manifest.current(shop.workspace.home)
    assert served is not None
    with goldfile.reading(served.path(shop.workspace.home, "gold")) as gold:
        sold = gold.execute(
            "select l.product from gold.order_line as l join gold.order as o using (order_id) "
            "where o.profile_id is not null order by l.line"
        ).fetchall()
    assert sold == [("tea",), ("rice",)]


def _guest_order(*names: str) -> dict[str, object]:
    lines = [{"name": name, "amount": "15.00"} for name in names]
    return {"id": 7, "email": "1@x.org", "at": "2026-03-01T10:00:00Z", "lines": lines}
