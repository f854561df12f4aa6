"""An erasure that is killed before any of its steps is finished by the next attempt."""

import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdp.errors import ErasedError
from cdp.privacy import certificate, requests
from cdp.privacy.requests import Asked
from cdp.publish.reference import Reference
from cdp.publish.served import Published
from cdp.store.keyvalue import shared
from corner_shop import CornerShop

pytestmark = pytest.mark.long

NOW = datetime(2026, 7, 2, 6, tzinfo=UTC)
EMAIL = "oskar.verhoeve7@mail.example"
STEPS = (
    *("tombstones", "state", "work", "work: rows", "work: pages", "generations"),
    *("generation 1", "events", "files", "proof"),
)
CARRY_OUT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from cdp.privacy import requests

home, request_id, killed = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def observe(step):
    if step == killed:
        os.kill(os.getpid(), signal.SIGKILL)

found = requests.one(home, request_id)
done = requests.carry_out(home, found, at=datetime(2026, 7, 2, 6, tzinfo=UTC), observe=observe)
print(done.status, done.detail or "")
"""


def test_killed_before_every_step_it_is_finished_at_last(
    stocked: CornerShop, tmp_path: Path
) -> None:
    place = CornerShop(Path(shutil.copytree(stocked.root, tmp_path / "shop"))).workspace
    published = Published(place.home)
    id_ = published.current().find("profile", Reference("email", EMAIL))
    wish = Asked("erase", f"email:{EMAIL}", id_, "a letter", "front desk", "cli:test")
    taken = requests.take(place.home, wish, at=NOW)

    def attempt(killed: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", CARRY_OUT, str(place.home), taken.request_id, killed]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    for step in STEPS:
        assert attempt(step).returncode == -signal.SIGKILL, step
        assert requests.one(place.home, taken.request_id).status == "running"
        Published(place.home).current()  # whatever was done, something whole is served
    last = attempt("")
    assert last.stdout.split() == ["done"], last.stderr
    done = requests.one(place.home, taken.request_id)
    assert done.answer is not None
    removed = certificate.check(place.home, done.answer)["removed"]
    assert removed["tables"]["bronze.record"] == 7
    current = Published(place.home).current()
    with pytest.raises(ErasedError):
        current.find("profile", Reference("", id_))
    file = shared(current.manifest.path(place.home, "serve"))
    assert file.get("profile", id_.encode()) is None
    for path in sorted(place.home.rglob("*")):
        assert not path.is_file() or EMAIL.encode() not in path.read_bytes(), path
    assert [p.name for p in (place.home / "privacy").iterdir()] == []
