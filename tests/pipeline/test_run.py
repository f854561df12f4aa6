"""A run of the demo: what it leaves behind, and what a second one does."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from cdp import pipeline
from cdp.errors import ConfigError, StateError, UnknownNameError
from cdp.settings import Settings, Workspace
from cdp.store import Warehouse
from cdp.store.lock import writer_lock
from conftest import FIXTURES, copy_rules


def _count(workspace: Workspace, sql: str) -> int:
    with Warehouse.open(workspace.home) as warehouse:
        return int(warehouse.query(sql).item())


def test_every_piece_that_came_in_is_accounted_for(demo_copy: Workspace) -> None:
    lost = _count(
        demo_copy,
        """
        select coalesce(sum(abs(rows_in - rows_new - rows_repeated - rows_rejected)), 0)::bigint
        from bronze.load
        """,
    )
    unaccounted = _count(
        demo_copy,
        """
        select coalesce(sum(abs(versions - accepted - superseded - quarantined)), 0)::bigint
        from silver.reconciliation
        """,
    )
    assert (lost, unaccounted) == (0, 0)


def test_running_twice_changes_nothing(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    before = (demo_copy.home / "manifest.json").read_bytes()
    again = pipeline.run(demo_copy, settings, clock)
    assert again.outcome == "unchanged"
    changed = [s.stage for s in again.stages if s.report is not None]
    assert changed == ["ingest"]
    assert (demo_copy.home / "manifest.json").read_bytes() == before
    generations = "select list(generation order by run_id) from ops.run"
    with Warehouse.open(demo_copy.home) as warehouse:
        assert warehouse.query(generations).item().to_list() == [1, None]


@pytest.mark.long
def test_running_every_stage_again_changes_nothing(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    before = (demo_copy.home / "manifest.json").read_bytes()
    again = pipeline.run(demo_copy, settings, clock, pipeline.Request(full=True))
    assert again.outcome == "unchanged"
    assert (demo_copy.home / "manifest.json").read_bytes() == before
    versions = (
        "select max(version) from ops.table_version "
        "where table_name not in ('identity.scorecard', 'quality.result', 'quality.extent')"
    )
    assert _count(demo_copy, versions) == 1, "only what a run says of itself moves"


def test_a_later_moment_changes_features_but_not_identities(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    request = pipeline.Request(as_of=pipeline.moment("2026-09-01"))
    again = pipeline.run(demo_copy, settings, clock, request)
    ran = {s.stage for s in again.stages if s.report is not None}
    assert again.outcome == "published"
    assert "features" in ran
    assert "identity" not in ran


def test_a_changed_rule_runs_only_what_it_touches(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    rules = demo_copy.root / "survivorship.yaml"
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    again = pipeline.run(demo_copy, settings, clock)
    ran = [s.stage for s in again.stages if s.report is not None]
    assert ran == ["ingest", "golden"]


def test_from_stage_leaves_earlier_ones_out(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    request = pipeline.Request(from_stage="scores")
    again = pipeline.run(demo_copy, settings, clock, request)
    assert [s.stage for s in again.stages] == [
        "scores",
        "segments",
        "recommendations",
        "analyses",
        "review",
        "publish",
        "activation",
    ]
    with pytest.raises(UnknownNameError, match=r"known: .*golden"):
        pipeline.run(demo_copy, settings, clock, pipeline.Request(from_stage="nope"))


def test_a_second_run_at_the_same_time_is_refused(
    demo_copy: Workspace, settings: Settings, clock: Callable[[], datetime]
) -> None:
    with writer_lock(demo_copy.home), pytest.raises(StateError, match="another run holds"):
        pipeline.run(demo_copy, settings, clock)


def test_a_broken_rule_is_refused_before_anything_changes(
    tmp_path: Path, settings: Settings, clock: Callable[[], datetime]
) -> None:
    workspace = copy_rules(tmp_path / "broken")
    rules = workspace.root / "survivorship.yaml"
    rules.write_text("attributes:\n  email: [loudest]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"survivorship\.yaml"):
        pipeline.run(workspace, settings, clock)
    assert not workspace.home.exists()


def test_a_source_that_no_mapping_reads_is_refused_before_anything_changes(
    tmp_path: Path, settings: Settings, clock: Callable[[], datetime]
) -> None:
    workspace = copy_rules(tmp_path / "unread")
    source = workspace.root / "sources" / "till.yaml"
    source.write_text("type: csv_file\npath: till.csv\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"till\.yaml: nothing says what its records are"):
        pipeline.run(workspace, settings, clock)
    assert not workspace.home.exists()


def test_a_missing_source_blocks_no_other_and_what_it_brought_stays(
    demo_copy: Workspace, tmp_path: Path, settings: Settings, clock: Callable[[], datetime]
) -> None:
    before = (demo_copy.home / "manifest.json").read_bytes()
    data = tmp_path / "data"
    shutil.copytree(FIXTURES, data)
    shutil.rmtree(data / "crm")
    done = pipeline.run(Workspace(demo_copy.root, data), settings, clock)
    assert (demo_copy.home / "manifest.json").read_bytes() == before
    report = done.stages[0].report
    assert report is not None
    assert (done.outcome, report.counts["sources_failed"]) == ("unchanged", 1)
    assert any("crm" in note for note in report.notes)
