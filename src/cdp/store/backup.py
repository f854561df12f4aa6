"""Back-ups: one archive of what a workspace keeps, made while it is served.

Invariant: an archive lies under its name when it is whole and on disk, or not at all.

What can be made again is left out: older generations, exports, plans, lookups, locks.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
from dataclasses import asdict, dataclass, replace
from typing import IO, TYPE_CHECKING, Final

import cdp
from cdp.errors import StateError
from cdp.store import manifest as manifests
from cdp.store.lock import writer_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

DATA: Final = "data"
DEFINITIONS: Final = "workspace"
LIST: Final = "backup.json"
_DEFINED_IN: Final = frozenset({".yaml", ".yml", ".sql"})
_LEFT_OUT: Final = frozenset({"backups", "generations", "exports", "plans", "lookup", "tmp"})


@dataclass(frozen=True, slots=True)
class Backup:
    """What an archive says of itself.

    Attributes:
        version: of cdp, when it was made.
        made_at: when (ISO 8601, UTC).
        workspace: name of the workspace.
        generation: the one that was served, None where nothing was published.
        files: SHA-256 by path in the archive.
    """

    version: str
    made_at: str
    workspace: str
    generation: int | None
    files: Mapping[str, str]


def make(root: Path, name: str, archive: Path, *, at: datetime) -> Backup:
    """Keep a workspace in an archive; servers go on meanwhile, runs wait.

    Raises:
        StateError: a run is going on, nothing is kept yet, the archive is there already, its
            folder is not, or it cannot be written.
    """
    home = root / ".cdp"
    if not (home / "work.duckdb").exists():
        msg = f"{home} holds no run yet, there is nothing to keep"
        raise StateError(msg)
    if archive.exists():
        msg = f"{archive} is there already; name another file"
        raise StateError(msg)
    if not archive.parent.is_dir():  # made here, it would lie on the disk where another was meant
        msg = f"there is no folder {archive.parent}; make it, or mount what belongs there"
        raise StateError(msg)
    unfinished = archive.with_name(f".{archive.name}.part")
    try:
        with writer_lock(home), unfinished.open("wb") as file:
            for left in archive.parent.glob(f".{name}-*.part"):
                if left != unfinished:  # of a back-up that was killed
                    left.unlink()
            made = _write(file, root, name, at)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(archive)
    except BaseException as error:
        unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError):
            msg = f"{archive} cannot be written ({error.strerror}); make room or name another place"
            raise StateError(msg) from error
        raise
    manifests.sync_folder(archive.parent)
    return made


def repack(folder: Path, archive: Path) -> None:
    """Put an unpacked archive, of which files were changed, in the place of the archive.

    Raises:
        OSError: the archive cannot be written; it is as it was.
    """
    said = json.loads((folder / LIST).read_text(encoding="utf-8"))
    unfinished = archive.with_name(f".{archive.name}.part")
    try:
        with unfinished.open("wb") as file:
            with tarfile.open(fileobj=file, mode="w:") as tar:
                paths = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / LIST)
                names = {path: path.relative_to(folder).as_posix() for path in paths}
                said["files"] = {name: _add(tar, path, name) for path, name in names.items()}
                _add_bytes(tar, json.dumps(said, indent=2).encode(), LIST)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(archive)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    manifests.sync_folder(archive.parent)


def _write(file: IO[bytes], root: Path, name: str, at: datetime) -> Backup:
    home, files = root / ".cdp", {}
    served = manifests.current(home)
    with tarfile.open(fileobj=file, mode="w:") as tar:
        for path, kept_as in _to_keep(root, home):
            files[kept_as] = _add(tar, path, kept_as)
        if served is not None:
            for part in served.files.values():
                files[f"{DATA}/{part.path}"] = _add(tar, home / part.path, f"{DATA}/{part.path}")
            alone = replace(served, kept=(served.generation,))
            told = json.dumps(asdict(alone), indent=2).encode()
            for place in (manifests.NAME, f"generations/{served.generation}/{manifests.NAME}"):
                files[f"{DATA}/{place}"] = _add_bytes(tar, told, f"{DATA}/{place}")
        # Last, so that what was decided while the rest was copied is in it.
        files[f"{DATA}/state.db"] = _add_state(tar, home)
        number = served.generation if served else None
        made = Backup(cdp.__version__, at.isoformat(), name, number, files)
        _add_bytes(tar, json.dumps(asdict(made), indent=2).encode(), LIST)
    return made


def _to_keep(root: Path, home: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that are copied as they are, and their names in the archive."""
    for path in sorted(home.rglob("*")):
        below = path.relative_to(home)
        if path.is_file() and below.parts[0] not in _LEFT_OUT and not _is_passing(below):
            yield path, f"{DATA}/{below.as_posix()}"
    for path in sorted(root.rglob("*")):
        below = path.relative_to(root)
        hidden = any(part.startswith(".") for part in below.parts)
        if not hidden and path.suffix in _DEFINED_IN and path.is_file():
            yield path, f"{DEFINITIONS}/{below.as_posix()}"


def _is_passing(below: Path) -> bool:
    name = below.name
    own = len(below.parts) == 1 and (name == manifests.NAME or name.startswith("state.db"))
    return own or name.endswith((".lock", ".tmp", ".new"))


def _add(tar: tarfile.TarFile, path: Path, kept_as: str) -> str:
    """Add as many bytes as the file has now, however it grows meanwhile; return their digest."""
    with path.open("rb") as file:
        member = tar.gettarinfo(arcname=kept_as, fileobj=file)
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        digesting = _Digesting(file)
        tar.addfile(member, digesting)
        return digesting.digest.hexdigest()


def _add_bytes(tar: tarfile.TarFile, content: bytes, kept_as: str) -> str:
    member = tarfile.TarInfo(kept_as)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
    return hashlib.sha256(content).hexdigest()


def _add_state(tar: tarfile.TarFile, home: Path) -> str:
    """Add the state file as of one moment, while others write."""
    copy = home / "state.db.tmp"
    try:
        source, target = sqlite3.connect(home / "state.db"), sqlite3.connect(copy)
        try:
            source.backup(target)
        finally:
            target.close()
            source.close()
        return _add(tar, copy, f"{DATA}/state.db")
    finally:
        copy.unlink(missing_ok=True)


class _Digesting:
    """Reads on behalf of a tar file, and takes the digest of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block
