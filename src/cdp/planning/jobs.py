"""Plans that are asked for over HTTP: begun in a process of their own, found again by their id.

Invariant: one plan is worked out at a time; the lock is the working process's own, so that the
kernel frees it whatever becomes of it, and a plan whose process is gone is never called running.
A plan names profiles and counts, no contact point. The last ones are kept.
"""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import NotFoundError, StateError
from cdp.planning.shadow import WORK
from cdp.store.state_acts import ReusedKeyError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "plans"
LOCK: Final = "plans.lock"
KEPT: Final = 20
_ID: Final = re.compile(r"[0-9a-f]{16}")
_BEGUN: Final[list[subprocess.Popen[bytes]]] = []
"""Processes of this one, so that those that ended are waited for."""


class BusyError(StateError):
    """Another plan is being worked out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried, and who asked when (ISO 8601, UTC).

    Attributes:
        once: what tells this request from others; the same again finds the plan that it began.
        identity: what `identity.yaml` would say; None leaves it as it is.
        retrain: learn a new identity model.
    """

    once: str
    at: str
    by: str
    identity: dict[str, Any] | None = None
    retrain: bool = False

    @property
    def plan_id(self) -> str:
        """The id that the plan has, following from who asked what and when."""
        return sha256(f"{self.by}\0{self.once}".encode()).hexdigest()[:16]


def begin(root: Path, home: Path, asked: Asked) -> tuple[dict[str, Any], bool]:
    """Begin to work out a plan of the workspace at `root`; return it, and whether it is new.

    Raises:
        BusyError: another one is being worked out.
        ReusedKeyError: the same request id began a plan of something else.
        StateError: nothing was run yet that could change.
    """
    if not (home / WORK).exists():
        msg = f"nothing was run in {root} yet; run `cdp run` first"
        raise StateError(msg)
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if _path(home, asked.plan_id).exists():
        before = asked_for(home, asked.plan_id)
        if (before["identity"], before["retrain"]) != (asked.identity, asked.retrain):
            msg = "this Idempotency-Key began another plan; use a new one"
            raise ReusedKeyError(msg)
        return read(home, asked.plan_id), False
    with (folder / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = "another plan is being worked out; ask again when it is finished"
            raise BusyError(msg) from None
        _prune(folder)
        plan = {"plan_id": asked.plan_id, "status": "running", **asdict(asked)}
        write(home, plan | {"detail": None, "difference": None})
        _start(root, home, asked.plan_id, lock.fileno())
    return read(home, asked.plan_id), True


def _start(root: Path, home: Path, plan_id: str, lock: int) -> None:
    _BEGUN[:] = [process for process in _BEGUN if process.poll() is None]
    command = [sys.executable, "-m", "cdp.planning.worker", str(root), str(home), plan_id]
    # The command is ours, the id one that we made; the lock goes over to the new process.
    _BEGUN.append(
        subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[lock]
        )
    )


def read(home: Path, plan_id: str) -> dict[str, Any]:
    """Return a plan: its status is running, finished or failed.

    Raises:
        NotFoundError: none of those kept has this id.
    """
    path = _path(home, plan_id)
    if not _ID.fullmatch(plan_id) or not path.exists():
        msg = f"there is no plan {plan_id[:40]!r}; the last {KEPT} are kept, POST begins one"
        raise NotFoundError(msg)
    is_held = _is_held(home)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if found["status"] == "running" and not is_held:
        found |= {"status": "failed", "detail": "its process ended before it was finished"}
    return {name: value for name, value in found.items() if name not in {"once", "identity"}}


def asked_for(home: Path, plan_id: str) -> dict[str, Any]:
    """Return a plan with what was asked."""
    found: dict[str, Any] = json.loads(_path(home, plan_id).read_text(encoding="utf-8"))
    return found


def write(home: Path, plan: dict[str, Any]) -> None:
    """Put a plan in its place, whole."""
    path = _path(home, plan["plan_id"])
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(plan), encoding="utf-8")
    unfinished.replace(path)


def _is_held(home: Path) -> bool:
    with (home / FOLDER / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _prune(folder: Path) -> None:
    oldest_first = sorted(folder.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path))
    for path in oldest_first[: -(KEPT - 1)]:
        path.unlink()


def _path(home: Path, plan_id: str) -> Path:
    return home / FOLDER / f"{plan_id}.json"
