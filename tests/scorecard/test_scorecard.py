"""Scorecards of whole runs: measures, canaries, labels, and gates that let nothing through."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cdp import pipeline
from cdp.cli import root
from cdp.errors import ConfigError, GateError
from cdp.scorecard.intervals import f1, share
from cdp.settings import Settings, Workspace
from cdp.store import Warehouse
from cdp.store.peek import peek
from corner_shop import CornerShop

Clock = Callable[[], datetime]


@pytest.fixture
def shop(stocked: CornerShop, tmp_path: Path) -> CornerShop:
    shutil.copytree(stocked.root, tmp_path / "shop")
    return CornerShop(tmp_path / "shop")


def _declare(shop: CornerShop, **scorecard: object) -> None:
    (shop.root / "scorecard.yaml").write_text(yaml.safe_dump(scorecard), encoding="utf-8")


def _scorecard(workspace: Workspace) -> dict[str, dict[str, Any]]:
    with peek(workspace.home) as warehouse:
        rows = warehouse.query(
            "from identity.scorecard where run_id = (select max(run_id) from identity.scorecard)"
        )
    return {row["metric"]: row for row in rows.to_dicts()}


def _profiles(workspace: Workspace) -> dict[str, str]:
    with peek(workspace.home) as warehouse:
        rows = warehouse.query("select record_id, profile_id from identity.assignment where live")
    return dict(rows.rows())


def test_sizes_are_those_of_the_profiles(shop: CornerShop) -> None:
    card = _scorecard(shop.workspace)
    profiles = _profiles(shop.workspace)
    assert card["records"]["value"] == len(profiles) == 72
    assert card["profiles"]["value"] == len(set(profiles.values()))
    largest = max(list(profiles.values()).count(p) for p in set(profiles.values()))
    assert card["largest_profile"]["value"] == largest
    assert card["ids_born"]["value"] == len(set(profiles.values()))
    assert "id_churn" not in card


def test_labels_give_precision_recall_and_f1_with_intervals(
    shop: CornerShop, settings: Settings, clock: Clock
) -> None:
    profiles = _profiles(shop.workspace)
    labels = dict(profiles)
    stray = min(labels)
    labels[stray] = "somebody else"
    _declare(shop, labels=labels)
    pipeline.run(shop.workspace, settings, clock)
    card = _scorecard(shop.workspace)
    mates = list(profiles.values()).count(profiles[stray]) - 1
    joined = sum(
        n * (n - 1) // 2 for n in map(list(profiles.values()).count, set(profiles.values()))
    )
    assert card["precision"]["value"] == pytest.approx((joined - mates) / joined)
    assert card["recall"]["value"] == 1
    precision, recall = card["precision"]["value"], card["recall"]["value"]
    assert card["f1"]["value"] == pytest.approx(2 * precision * recall / (precision + recall))
    assert card["precision"]["low"] < precision < card["precision"]["high"]


def test_a_broken_canary_publishes_nothing_and_is_named(
    shop: CornerShop, settings: Settings, clock: Clock
) -> None:
    served = (shop.workspace.home / "manifest.json").read_bytes()
    profiles = _profiles(shop.workspace)
    left, right = sorted(r for r, p in profiles.items() if p == profiles["crm:0"])[:2]
    _declare(shop, canaries=[{"apart": [left, right], "why": "father and son"}])
    for _ in range(2):
        with pytest.raises(GateError, match=f"{left} and {right} must be two .father and son."):
            pipeline.run(shop.workspace, settings, clock)
    assert (shop.workspace.home / "manifest.json").read_bytes() == served
    card = _scorecard(shop.workspace)
    assert card["canaries_broken"]["value"] == 1
    assert card["canaries_broken"]["breached"]
    _declare(shop, canaries=[{"together": [left, right]}, {"apart": [left, "crm:gone"]}])
    pipeline.run(shop.workspace, settings, clock)
    assert not _scorecard(shop.workspace)["canaries_broken"]["breached"]


@pytest.mark.long
def test_running_again_does_not_lift_a_gate_on_churn(
    shop: CornerShop, settings: Settings, clock: Clock
) -> None:
    _declare(shop, gates={"id_churn": {"max": 0.0}})
    profiles = _profiles(shop.workspace)
    (shop.root / "identity.yaml").write_text(
        yaml.safe_dump({"blocked": {"email": ["*@*"], "phone": ["*"]}}), encoding="utf-8"
    )
    for _ in range(2):
        with pytest.raises(GateError, match=r"id_churn is .*, allowed is at most 0"):
            pipeline.run(shop.workspace, settings, clock)
    assert _profiles(shop.workspace) != profiles
    (shop.root / "identity.yaml").unlink()
    with pytest.raises(GateError, match="id_churn"):
        pipeline.run(shop.workspace, settings, clock)
    _declare(shop, gates={"id_churn": {"max": 1.0}})
    pipeline.run(shop.workspace, settings, clock)
    assert _scorecard(shop.workspace)["weight_drift"]["value"] >= 0


def test_an_unknown_metric_is_refused_by_name(
    shop: CornerShop, settings: Settings, clock: Clock
) -> None:
    _declare(shop, gates={"precison": {"min": 0.9}})
    with pytest.raises(ConfigError, match="precison is no metric; there are: records"):
        pipeline.run(shop.workspace, settings, clock)


def test_the_command_prints_the_last_scorecard(shop: CornerShop) -> None:
    call = ["scorecard", "--workspace", str(shop.root)]
    shown = CliRunner().invoke(root, call)
    assert "largest_profile" in shown.stdout
    document = json.loads(CliRunner().invoke(root, [*call, "--json"]).stdout)
    found = {row["metric"]: row["value"] for row in document}
    assert found.keys() >= {"records", "profiles", "unsure_pairs"}
    with Warehouse.open(shop.workspace.home) as warehouse:
        doubts = warehouse.query("from identity.doubt")
    assert len(doubts) > 0
    assert found["expected_wrong_pairs"] == pytest.approx(doubts["expected_wrong"].sum())
    assert found["expected_missed_pairs"] == pytest.approx(doubts["expected_missed"].sum() / 2)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634)]
)
def test_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    found = share(hits, of)
    assert (found.value, found.low, found.high) == pytest.approx((hits / of, low, high), abs=1e-4)


def test_f1_is_the_harmonic_mean_inside_its_interval() -> None:
    found = f1(both=80, joined_only=10, one_only=30)
    precision, recall = 80 / 90, 80 / 110
    assert found.value == pytest.approx(2 * precision * recall / (precision + recall))
    assert (found.low or 1) < (found.value or 0) < (found.high or 0)
