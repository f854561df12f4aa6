"""The stage on the demo's fixtures, against what their generator says must come out."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from builders import carry_out, in_memory, workspace
from cdp.canonical.engine import KEPT
from cdp.canonical.stage import STAGE
from cdp.errors import ConfigError
from cdp.ingest.stage import STAGE as INGEST
from cdp.settings import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.store import Warehouse

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "data" / "fixtures"


def rows(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def silver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    place = Workspace(ROOT / "pipelines" / "demo")
    with in_memory(tmp_path_factory.mktemp("demo")) as warehouse:
        carry_out(INGEST, warehouse, place)
        report = carry_out(STAGE, warehouse, place)
        assert report.notes == ()
        kinds = ("accepted", "superseded", "quarantined")
        assert report.counts["versions"] == sum(report.counts[kind] for kind in kinds)
        yield warehouse


def test_exactly_the_malformed_rows_are_refused(silver: Warehouse) -> None:
    refused = silver.query("select source, locator from silver.quarantine where whole_record")
    found = {
        (source, "".join(c for c in locator if c.isdigit())) for source, locator in refused.rows()
    }
    expected = rows("malformed.csv")
    assert refused.height == len(expected)
    assert {source for source, _ in found} == {row["file"].split("/")[0] for row in expected}


def test_every_dirty_value_is_left_out_of_an_accepted_record(silver: Warehouse) -> None:
    found = silver.query(
        "select q.source || ':' || q.native_id, q.field, q.original from silver.quarantine as q "
        "inner join silver.record as r on r.record_id = q.source || ':' || q.native_id "
        "where not q.whole_record"
    ).rows()
    for row in rows("dirty_values.csv"):
        assert (row["record_id"], row["field"], row["value"]) in found


def test_every_record_of_the_truth_is_in_silver(silver: Warehouse) -> None:
    found = set(silver.query("select record_id from silver.record")["record_id"].to_list())
    assert {row["record_id"] for row in rows("truth.csv")} <= found


def test_events_of_known_parties_name_records_that_are_there(silver: Warehouse) -> None:
    lost = silver.query(
        "select source, count(*) from silver.order where record_id is not null "
        "and record_id not in (select record_id from silver.record) group by source"
    )
    assert lost.rows() == []


def test_nothing_but_what_the_next_run_reads_is_kept(silver: Warehouse) -> None:
    kept = silver.query(
        "select table_name from information_schema.tables where table_schema = 'step' "
        "and starts_with(table_name, 'canonical_') order by table_name"
    )
    assert kept["table_name"].to_list() == [f"canonical_{name}" for name in sorted(KEPT)]


def test_a_source_whose_mapping_is_missing_is_named(tmp_path: Path) -> None:
    source = {"type": "csv_file", "path": "x.csv", "mapping": "people"}
    place = workspace(tmp_path, {"sources/s.yaml": source})
    with in_memory(tmp_path) as warehouse, pytest.raises(ConfigError, match=r"s\.yaml.*'people'"):
        carry_out(STAGE, warehouse, place)


def test_a_workspace_without_sources_says_so(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        report = carry_out(STAGE, warehouse, workspace(tmp_path))
    assert report.notes == ("no source is declared; silver is empty",)
    assert report.counts["records"] == 0
