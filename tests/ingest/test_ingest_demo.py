"""The demo's own deliveries: every planted piece that is no row is found, at its place."""

import csv
from pathlib import Path

import pytest

from builders import carry_out, opened
from cdp.ingest.stage import STAGE
from cdp.settings import Workspace
from cdp.sources import INSTANCES, SOURCES, Opening
from conftest import FIXTURES, ROOT

UNREADABLE = {
    "missing native id": "missing_id",
    "truncated row": "wrong_field_count",
    "broken JSON line": "broken_json",
}


def _planted() -> set[tuple[str, str]]:
    """Return locator and reason of each planted row that cannot be landed."""
    with (FIXTURES / "malformed.csv").open(encoding="utf-8", newline="") as file:
        rows = [(r["file"], r["line_or_index"], r["reason"]) for r in csv.DictReader(file)]
    return {
        (f"{name}{'#' if name.endswith('.json') else ':'}{position}", reason)
        for name, position, told in rows
        for start, reason in UNREADABLE.items()
        if told.startswith(start)
    }


def test_the_demo_lands_once_and_rejects_what_was_planted(tmp_path: Path) -> None:
    rules = Workspace(ROOT / "pipelines" / "demo", FIXTURES)
    with opened(tmp_path) as warehouse:
        counts = carry_out(STAGE, warehouse, rules).counts
        found = warehouse.query("select locator, reason from bronze.rejected")
        assert set(found.iter_rows()) == _planted()
        landed = warehouse.query("select distinct source from bronze.record")
        files = {name for name, it in rules.many(INSTANCES).items() if it.type != "events"}
        assert set(landed["source"]) == files
        unkeyed = "select count(*) from bronze.record where record_id <> source || ':' || native_id"
        assert warehouse.query(unkeyed).item() == 0
        assert counts["rows_new"] == warehouse.count("bronze.record") > 2_500
        before = [warehouse.digest(table) for table in STAGE.writes]
        assert set(carry_out(STAGE, warehouse, rules, run_id=2).counts.values()) == {0}
        assert [warehouse.digest(table) for table in STAGE.writes] == before


@pytest.mark.parametrize("name", ["crm", "erp", "shop", "marketing", "newsletter", "web"])
def test_the_demo_leaves_no_file_aside(name: str) -> None:
    rules = Workspace(ROOT / "pipelines" / "demo", FIXTURES)
    instance = rules.many(INSTANCES)[name]
    found = SOURCES.get(instance.type).find(Opening(name, instance, FIXTURES))
    assert found.deliveries
    assert not found.notes
