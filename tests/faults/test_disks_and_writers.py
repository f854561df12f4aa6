"""Full disks, two writers, killed back-ups: what was served is served, and it is said why."""

import json
import os
import resource
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cdp.publish.served import Published
from cdp.store import manifest, restoring
from cdp.store.lock import writer_lock
from corner_shop import CornerShop

BYTES = 256 * 1024


def test_a_second_writer_is_refused(stocked: CornerShop) -> None:
    home = stocked.workspace.home
    with writer_lock(home):
        done = _cdp(stocked.workspace.root, "run")
    assert done.returncode == 1
    assert "another run holds" in done.stderr
    assert "Traceback" not in done.stderr


def _cdp(root: Path, *words: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command, on a disk where no file gets longer than the limit."""

    def small() -> None:
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "cdp", *words],
        env=os.environ | {"CDP_WORKSPACE": str(root)},
        capture_output=True,
        text=True,
        preexec_fn=small,
        check=False,
    )


def _copied(stocked: CornerShop, target: Path) -> CornerShop:
    subprocess.run(["cp", "-r", str(stocked.workspace.root), str(target)], check=True)
    return CornerShop(target)


@pytest.mark.long
def test_a_disk_that_is_full_while_publishing_leaves_what_was_served(
    stocked: CornerShop, tmp_path: Path
) -> None:
    shop = _copied(stocked, tmp_path / "shop")
    path = shop.workspace.home / manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"digest": "other rows"}))
    before = manifest.current(shop.workspace.home)
    done = _cdp(shop.workspace.root, "run", "--from", "publish", limit=BYTES)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(("error:", "Error:")) or "error:" in done.stderr
    assert manifest.current(shop.workspace.home) == before
    assert Published(shop.workspace.home).current().number == (before.generation if before else 0)
    assert _cdp(shop.workspace.root, "run", "--from", "publish").returncode == 0


@pytest.mark.long
def test_a_disk_that_is_full_while_backing_up_leaves_no_archive(
    stocked: CornerShop, tmp_path: Path
) -> None:
    archive = tmp_path / "kept.cdp.tar"
    done = _cdp(stocked.workspace.root, "backup", str(archive), limit=BYTES)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_a_back_up_that_is_killed_leaves_nothing_under_its_name(
    stocked: CornerShop, tmp_path: Path
) -> None:
    archive = tmp_path / "kept.cdp.tar"
    unfinished = tmp_path / ".kept.cdp.tar.part"
    command = [sys.executable, "-m", "cdp", "backup", str(archive)]
    process = subprocess.Popen(
        command, env=os.environ | {"CDP_WORKSPACE": str(stocked.workspace.root)}
    )
    while not unfinished.exists() and process.poll() is None:
        pass
    process.kill()
    process.wait()
    if archive.exists():  # it was quicker than the kill
        restoring.read(archive)
        archive.unlink()
    done = _cdp(stocked.workspace.root, "backup", str(archive))
    assert done.returncode == 0
    assert tarfile.is_tarfile(archive)
    assert [path.name for path in tmp_path.iterdir()] == [archive.name]
