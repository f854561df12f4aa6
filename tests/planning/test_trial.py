"""A plan tells exactly what the run then does, and changes nothing itself."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from cdp import pipeline
from cdp.cli import root
from cdp.errors import StateError
from cdp.planning.shadow import shadow
from cdp.planning.trial import Difference, Trial, plan
from cdp.settings import Settings, Workspace
from cdp.store.peek import peek
from corner_shop import CornerShop, customer, order

pytestmark = pytest.mark.long

Clock = Callable[[], datetime]


@pytest.fixture
def shop(stocked: CornerShop, tmp_path: Path) -> CornerShop:
    root = tmp_path / "shop"
    shutil.copytree(stocked.root, root)
    return CornerShop(root)


def _bytes(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.name not in {"writer.lock", "state.db-shm", "state.db-wal"}
    }


def _members(workspace: Workspace) -> set[tuple[str, str]]:
    with peek(workspace.home) as warehouse:
        rows = warehouse.query("select segment, profile_id from gold.segment_member").rows()
    return set(rows)


def _profiles(workspace: Workspace) -> dict[str, str]:
    with peek(workspace.home) as warehouse:
        rows = warehouse.query("select record_id, profile_id from identity.assignment where live")
    return dict(rows.rows())


def _planned(shop: CornerShop, settings: Settings, clock: Clock, trial: Trial) -> Difference:
    before = _bytes(shop.workspace.home)
    difference = plan(shop.workspace, settings, clock, trial)
    assert _bytes(shop.workspace.home) == before
    return difference


def test_where_nothing_changed_nothing_would_change(
    shop: CornerShop, settings: Settings, clock: Clock
) -> None:
    difference = _planned(shop, settings, clock, Trial())
    assert difference.is_empty
    assert difference.document()["counts"] == dict.fromkeys(
        ("merges", "splits", "members", "consents", "attributes"), 0
    )


def test_a_plan_over_new_data_tells_what_the_run_then_does(
    shop: CornerShop, settings: Settings, clock: Clock
) -> None:
    twin = {**customer(0, 1), "id": 90, "first": "Zelda", "last": "Novak", "born": "1933-03-03"}
    twin |= {"email": "zelda@novak.example", "phone": "+1 415 555 0199"}
    shop.customers("crm", [twin, {**customer(3, 1), "email": "moved@mail.example"}])
    shop.events("order", [order(70, 90)])
    members, profiles = _members(shop.workspace), _profiles(shop.workspace)
    difference = _planned(shop, settings, clock, Trial())
    pipeline.run(shop.workspace, settings, clock)
    after = _profiles(shop.workspace)
    change = difference.members.select("segment", "profile_id", "change").rows()
    entered = {(s, p) for s, p, change in change if change == "entered"}
    left = {(s, p) for s, p, change in change if change == "left"}
    assert entered == _members(shop.workspace) - members
    assert left == members - _members(shop.workspace)
    persons = difference.profiles.row(0, named=True)
    assert persons["before"] == len(set(profiles.values()))
    assert persons["after"] == len(set(after.values()))
    assert persons["born"] == len(set(after.values()) - set(profiles.values())) == 1


def test_a_plan_of_other_rules_names_merges_and_splits(
    shop: CornerShop, settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(shop.root, rules, ignore=shutil.ignore_patterns(".cdp", "data"))
    path = rules / "segments" / "buyers.yaml"
    path.write_text(
        yaml.safe_dump({"of": "person", "where": {"feature": "orders", "at_least": 99}})
    )
    (rules / "identity.yaml").write_text(yaml.safe_dump({"blocked": {"email": ["*@mail.example"]}}))
    members, profiles = _members(shop.workspace), _profiles(shop.workspace)
    difference = _planned(shop, settings, clock, Trial(rules=rules))
    assert set(difference.members["change"]) == {"left"}
    assert len(difference.members) == len(members)
    for row in difference.splits.iter_rows(named=True):
        assert row["before_id"] in profiles.values()
        assert len(row["profile_ids"]) > 1
    for row in difference.merges.iter_rows(named=True):
        assert set(row["before_ids"]) <= set(profiles.values())
    assert _profiles(shop.workspace) == profiles


def test_retraining_is_tried_without_a_new_version(
    shop: CornerShop, settings: Settings, clock: Clock
) -> None:
    _planned(shop, settings, clock, Trial(retrain=True))
    models = shop.workspace.home / "models" / "identity"
    assert sorted(path.name for path in models.iterdir()) == ["current", "v1"]


def test_what_a_killed_plan_left_behind_goes_with_the_next(
    shop: CornerShop, settings: Settings, clock: Clock
) -> None:
    left = shop.workspace.home / "trial" / "twin"
    left.mkdir(parents=True, exist_ok=True)
    (left / "work.duckdb").write_bytes(b"half a copy")
    plan(shop.workspace, settings, clock)
    assert not left.exists()


def test_there_is_one_trial_at_a_time(shop: CornerShop, settings: Settings, clock: Clock) -> None:
    with shadow(shop.workspace), pytest.raises(StateError, match="wait for it to finish"):
        plan(shop.workspace, settings, clock)


def test_a_workspace_that_never_ran_has_nothing_to_plan(
    tmp_path: Path, settings: Settings, clock: Clock
) -> None:
    with pytest.raises(StateError, match="run `cdp run` first"):
        plan(CornerShop(tmp_path).workspace, settings, clock)


def test_the_command_prints_tables_and_json(shop: CornerShop) -> None:
    shop.events("order", [order(71, 5)])
    shop.customers("crm", [{**customer(3, 1), "email": "moved@mail.example"}])
    call = ["plan", "--workspace", str(shop.root)]
    shown = CliRunner().invoke(root, call)
    assert shown.exit_code == 0, shown.output
    assert "Profiles" in shown.stdout
    assert "Golden values that would be another" in shown.stdout
    printed = CliRunner().invoke(root, [*call, "--json", "--limit", "1"])
    document = json.loads(printed.stdout)
    assert document["counts"]["attributes"] >= len(document["attributes"]) == 1
