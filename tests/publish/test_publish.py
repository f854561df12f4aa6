"""Publishing: all or nothing, what gold holds, again only when something changed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from builders import add, opened, workspace
from cdp.errors import StateError
from cdp.model.views import VIEWS
from cdp.publish.gold import GOLD_TABLES
from cdp.publish.layout import DOCUMENTS
from cdp.publish.served import Published
from cdp.publish.stage import STAGE
from cdp.store import generation, goldfile, manifest
from cdp.store.schema import quoted
from cdp.store.statement import statements
from published import ADA, copied, publish, rename


def test_every_view_has_the_columns_types_and_comments_that_are_declared(
    tmp_path: Path, base: Path
) -> None:
    place = copied(base, tmp_path)
    described = manifest.current(place.home)
    assert described is not None
    with goldfile.reading(described.path(place.home, "gold")) as connection:
        comments = dict(
            connection.execute("select view_name, comment from duckdb_views()").fetchall()
        )
        columns = connection.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns() "
            "where schema_name = 'gold' order by column_index"
        ).fetchall()
    for view in VIEWS:
        name = view.name.removeprefix("gold.")
        assert comments[name] == view.grain
        found = [(c, t.replace(" ", ""), text) for v, c, t, text in columns if v == name]
        assert found == [
            (c.name, c.type.upper().replace(" ", ""), c.description) for c in view.columns
        ]


def test_the_gold_file_holds_every_row_of_every_published_table(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    described = manifest.current(place.home)
    assert described is not None
    with opened(tmp_path) as warehouse:
        expected = {t.name: warehouse.count(t.name) for t in GOLD_TABLES}
    with goldfile.reading(described.path(place.home, "gold")) as connection:
        for name, rows in expected.items():
            found = connection.execute(f"select count(*) from {quoted(name)}")  # noqa: S608
            assert found.fetchall() == [(rows,)], name
    assert {name: described.counts[name] for name in expected} == expected


def test_views_bring_together_what_belongs_together(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    described = manifest.current(place.home)
    assert described is not None
    with goldfile.reading(described.path(place.home, "gold")) as connection:
        rows = connection.execute(
            "select account_name, email_marketing, orders, scores, segments from customer_360 "
            "where profile_id = 'P-ada'"
        ).fetchall()
        scores = {"engagement": 42.0, "rfm": 9.0, "worth": 4711.0}
        assert rows == [("Acme Tools", "granted", 0, scores, ["buyers"])]
        gone = connection.execute(
            "select distinct current_id from identity_history where profile_id = 'P-ada'"
        ).fetchall()
        assert gone == [(ADA,)]


def test_a_second_run_with_the_same_gold_publishes_nothing(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    before = (place.home / "manifest.json").read_bytes()
    with opened(tmp_path) as warehouse:
        report = publish(place, warehouse, run_id=2)
    assert report.counts == {"published": 0, "generation": 1}
    assert (place.home / "manifest.json").read_bytes() == before


def test_a_served_file_that_is_gone_or_cut_is_published_again(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    described = manifest.current(place.home)
    assert described is not None
    os.truncate(described.path(place.home, "serve"), 100)
    with pytest.raises(StateError, match="lacks a file"):
        Published(place.home).current()
    with opened(tmp_path) as warehouse:
        report = publish(place, warehouse, run_id=2)
    assert report.counts["generation"] == 2
    assert Published(place.home).current().document("profile", ADA) is not None


def test_three_generations_are_kept_and_the_one_before_can_be_served_again(
    tmp_path: Path, base: Path
) -> None:
    place = copied(base, tmp_path)
    for run_id in (2, 3, 4):
        rename(tmp_path, place, f"Name {run_id}", run_id)
    assert sorted(p.name for p in (place.home / "generations").iterdir()) == ["2", "3", "4"]
    assert generation.rollback(place.home).generation == 3
    assert b"Name 3" in (Published(place.home).current().document("profile", ADA) or b"")
    assert generation.rollback(place.home).generation == 2
    with pytest.raises(StateError, match="no earlier generation"):
        generation.rollback(place.home)
    rename(tmp_path, place, "Name 5", 5)
    served = manifest.current(place.home)
    assert served is not None
    assert (served.generation, served.kept) == (5, (3, 4, 5))


def test_what_a_crash_left_is_cleared_and_its_number_never_used_again(
    tmp_path: Path, base: Path
) -> None:
    place = copied(base, tmp_path)
    half = generation.begin(place.home)
    half.gold.write_bytes(b"half")
    rename(tmp_path, place, "Ada Later", 2)
    served = manifest.current(place.home)
    assert served is not None
    assert served.generation == 3
    assert not half.folder.exists()


def test_a_damaged_manifest_is_named_and_mended_by_rollback_or_a_run(
    tmp_path: Path, base: Path
) -> None:
    place = copied(base, tmp_path)
    rename(tmp_path, place, "Ada Later", 2)
    path = place.home / "manifest.json"
    for damage in (b"{", b"{}", b"\xff"):
        path.write_bytes(damage)
        with pytest.raises(StateError, match="damaged"):
            manifest.current(place.home)
        assert Published(place.home).current().number == 2  # the last good one
    assert generation.rollback(place.home).generation == 2
    path.write_bytes(b"{")
    with opened(tmp_path) as warehouse:
        assert publish(place, warehouse, run_id=3).counts["generation"] == 3


def test_what_is_open_stays_served_while_the_manifest_cannot_be_read(
    tmp_path: Path, base: Path
) -> None:
    place = copied(base, tmp_path)
    published = Published(place.home)
    assert published.current().number == 1
    (place.home / "manifest.json").write_bytes(b"{")
    published._looked_at = -1.0
    assert published.current().number == 1


def test_nothing_published_is_a_clear_error(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    with pytest.raises(StateError, match="run `cdp run` first"):
        Published(place.home).current()
    (place.home / "generations").mkdir(parents=True)
    with pytest.raises(StateError, match="no earlier generation"):
        generation.rollback(place.home)


def test_a_failing_publish_leaves_no_half_generation(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    with opened(tmp_path) as warehouse:
        add(warehouse, "gold.profile", {"profile_id": ADA}, {"profile_id": "P-new"})
        with pytest.raises(Exception, match="twice"):
            publish(place, warehouse, run_id=2)
    assert [p.name for p in (place.home / "generations").iterdir()] == ["1"]
    assert Published(place.home).current().number == 1


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
left = int(sys.argv[2])
def counted(real):
    def call(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call
os.fsync, os.mkdir, os.rename, os.replace, os.unlink = map(
    counted, (os.fsync, os.mkdir, os.rename, os.replace, os.unlink))
from cdp.settings import Workspace
from published import rename
rename(Path(sys.argv[1]), Workspace(Path(sys.argv[1])), "Ada Later", 2)
"""


@pytest.mark.long
def test_killed_at_any_step_one_whole_generation_is_served_and_the_next_run_mends(
    tmp_path: Path, base: Path
) -> None:
    tests = str(Path(__file__).parents[1])
    for step in range(1, 60, 2):
        folder = tmp_path / str(step)
        place = copied(base, folder)
        arguments = [sys.executable, "-c", KILLED, str(folder), str(step), tests]
        code = subprocess.run(arguments, check=False, capture_output=True).returncode
        served = Published(place.home).current()
        name = json.loads(served.document("profile", ADA) or b"{}")["full_name"]
        assert (served.number, name) in {(1, "Ada Élise Example"), (2, "Ada Later")}
        if step % 4 == 1:
            rename(folder, place, "Ada Last", 3)
            served = Published(place.home).current()
            assert b"Ada Last" in (served.document("profile", ADA) or b"")
            kept = sorted(int(p.name) for p in (place.home / "generations").iterdir())
            assert kept == sorted(served.manifest.kept)
        if code == 0:
            break
        assert code == -signal.SIGKILL
    else:
        pytest.fail("the publish never came through")
    assert step > 5


def test_the_stage_declares_what_its_statements_read() -> None:
    read = {t for s in statements("cdp.publish") for t in (*s.reads, *s.broadcast)}
    assert read <= set(STAGE.reads)
    assert {s.name.split("/")[1] for s in statements("cdp.publish")} == set(DOCUMENTS)
