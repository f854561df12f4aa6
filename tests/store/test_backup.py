"""A workspace kept in an archive and put back: whole, checked, and nobody erased comes back."""

import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from datetime import datetime
from pathlib import Path

import pytest

from cdp.errors import InputError, StateError
from cdp.privacy import keys
from cdp.publish.served import Published
from cdp.settings import Workspace
from cdp.store import Warehouse, backup, restoring
from cdp.store.lock import serving, writer_lock
from cdp.store.secret import secret_of
from cdp.store.state import State
from published import NOW, copied, published, rename


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = published(tmp_path_factory.mktemp("kept") / "base")
    with Warehouse.open(place.home) as warehouse:
        warehouse.connection.execute("create table if not exists step.mark as select 1 as mark")
    keys.create(place.home, "shop", ["profiles:read"], at=NOW)
    secret_of(place.home, "privacy")
    return place.root


@pytest.fixture
def place(base: Path, tmp_path: Path) -> Workspace:
    return copied(base, tmp_path / "place")


def _kept(place: Workspace, archive: Path, at: datetime = NOW) -> backup.Backup:
    return backup.make(place.root, "test", archive, at=at)


def test_what_was_kept_is_served_again_with_its_keys_and_definitions(
    place: Workspace, tmp_path: Path
) -> None:
    archive, elsewhere = tmp_path / "a.tar", tmp_path / "elsewhere"
    made = _kept(place, archive)
    assert restoring.read(archive) == made
    restoring.put_back(archive, elsewhere, may_replace=False)
    assert (elsewhere / "cdp.yaml").read_bytes() == (place.root / "cdp.yaml").read_bytes()
    again = Workspace(elsewhere)
    served = (Published(again.home).current(), Published(place.home).current())
    assert served[0].number == served[1].number == made.generation
    assert served[0].manifest.kept == (made.generation,)
    assert [key.name for key in keys.every(again.home)] == ["shop"]
    assert (again.home / "privacy.key").stat().st_mode & 0o077 == 0
    with Warehouse.open(again.home) as warehouse:
        assert warehouse.query("select mark from step.mark").item() == 1


def test_data_is_replaced_only_when_that_is_said_and_nobody_works_with_it(
    place: Workspace, tmp_path: Path
) -> None:
    archive = tmp_path / "a.tar"
    _kept(place, archive)
    (place.home / "later").write_text("x")
    with pytest.raises(StateError, match="--replace"):
        restoring.put_back(archive, place.root, may_replace=False)
    with serving(place.home), pytest.raises(StateError, match="is being served"):
        restoring.put_back(archive, place.root, may_replace=True)
    with writer_lock(place.home), pytest.raises(StateError, match="another run"):
        restoring.put_back(archive, place.root, may_replace=True)
    assert (place.home / "later").exists()
    restoring.put_back(archive, place.root, may_replace=True)
    assert not (place.home / "later").exists()
    assert sorted(path.name for path in place.root.glob(".cdp*")) == [".cdp"]


@pytest.mark.parametrize("wrong", ["cut", "flipped", "other"])
def test_a_damaged_archive_changes_nothing(place: Workspace, tmp_path: Path, wrong: str) -> None:
    archive = tmp_path / "a.tar"
    _kept(place, archive)
    content = bytearray(archive.read_bytes())
    if wrong == "cut":
        del content[len(content) // 2 :]
    elif wrong == "flipped":
        content[len(content) // 2] ^= 1
    else:
        content[:] = b"something else"
    archive.write_bytes(content)
    before = (place.home / "manifest.json").read_bytes()
    with pytest.raises(InputError, match="take another"):
        restoring.put_back(archive, place.root, may_replace=True)
    assert (place.home / "manifest.json").read_bytes() == before


def test_it_is_not_made_over_another_or_while_a_run_goes_on(
    place: Workspace, tmp_path: Path
) -> None:
    archive = tmp_path / "a.tar"
    with writer_lock(place.home), pytest.raises(StateError, match="another run"):
        _kept(place, archive)
    with pytest.raises(StateError, match="there is no folder"):
        _kept(place, tmp_path / "not mounted" / "a.tar")
    assert not (tmp_path / "not mounted").exists()
    with pytest.raises(StateError, match="no run yet"):
        backup.make(tmp_path / "nowhere", "test", archive, at=NOW)
    assert list(tmp_path.glob("*.tar*")) == list(tmp_path.glob(".*.part")) == []
    _kept(place, archive)
    with pytest.raises(StateError, match="is there already"):
        _kept(place, archive)


def test_who_was_erased_since_stays_known_as_erased(place: Workspace, tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    _kept(place, archive)
    with State.open(place.home) as state, state.writing() as connection:
        connection.execute("insert into tombstone values ('0a1b', 'record', 'r1')")
    restoring.put_back(archive, place.root, may_replace=True)
    with State.open(place.home) as state:
        found = state.connection.execute("select digest from tombstone").fetchall()
    assert found == [("0a1b",)]


def test_a_name_that_leads_out_of_the_workspace_is_not_followed(
    place: Workspace, tmp_path: Path
) -> None:
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w:") as tar:
        member = tarfile.TarInfo("data/../../escaped")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    restoring.unpack(archive, tmp_path / "in" / "new", None)
    restoring.lay_out(archive, tmp_path / "in" / "other")
    assert not list(tmp_path.rglob("escaped"))
    assert place.root.exists()


_KILLED = """
import os, sys
from pathlib import Path
from cdp.store import restoring
sync = restoring.manifests.sync_folder
left = int(sys.argv[3])
def stop(*args):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
unpacked, carried = restoring.unpack, restoring._carry_over
rename, tree = Path.rename, restoring.shutil.rmtree
def count(work):
    def counted(*args, **kwargs):
        stop()
        return work(*args, **kwargs)
    return counted
restoring.unpack, restoring._carry_over = count(unpacked), count(carried)
Path.rename, restoring.shutil.rmtree = count(rename), count(tree)
restoring.put_back(Path(sys.argv[1]), Path(sys.argv[2]), may_replace=True)
"""


@pytest.mark.parametrize("step", range(8))
def test_killed_anywhere_it_is_the_old_or_the_new_or_put_back_again(
    place: Workspace, tmp_path: Path, step: int
) -> None:
    archive = tmp_path / "a.tar"
    made = _kept(place, archive)
    rename(place.root, place, "Ada Later", 2)
    words = [sys.executable, "-c", _KILLED, str(archive), str(place.root), str(step)]
    subprocess.run(words, env=os.environ, check=False)
    if (place.home / "manifest.json").exists():
        assert Published(place.home).current().number in {made.generation, 2}
    restoring.put_back(archive, place.root, may_replace=True)
    assert Published(place.home).current().number == made.generation
    assert sorted(path.name for path in place.root.glob(".cdp*")) == [".cdp"]


def test_the_state_is_of_one_moment_while_others_write(place: Workspace, tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    writer = sqlite3.connect(place.home / "state.db", isolation_level=None)
    writer.execute("begin immediate")
    writer.execute("insert into topic (name) values ('unfinished')")
    _kept(place, archive)
    writer.execute("rollback")
    writer.close()
    shutil.rmtree(place.home)
    restoring.put_back(archive, place.root, may_replace=True)
    with State.open(place.home) as state:
        names = [name for (name,) in state.connection.execute("select name from topic").fetchall()]
    assert "unfinished" not in names


def test_what_was_taken_out_of_an_archive_leaves_a_whole_one(
    place: Workspace, tmp_path: Path
) -> None:
    archive, folder = tmp_path / "a.tar", tmp_path / "opened"
    _kept(place, archive)
    restoring.lay_out(archive, folder)
    (folder / "data" / "manifest.json").write_text("{}")
    backup.repack(folder, archive)
    said = restoring.read(archive)
    assert said.generation == 1
    restoring.put_back(archive, tmp_path / "again", may_replace=False)
    assert (tmp_path / "again" / ".cdp" / "manifest.json").read_text() == "{}"


def test_back_ups_in_the_workspace_are_in_no_back_up_and_stay(
    place: Workspace, tmp_path: Path
) -> None:
    archive = place.home / "backups" / "a.tar"
    archive.parent.mkdir()
    _kept(place, archive)
    other = tmp_path / "b.tar"
    assert not [name for name in _kept(place, other).files if "backups" in name]
    restoring.put_back(archive, place.root, may_replace=True)
    assert archive.exists()
