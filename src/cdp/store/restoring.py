"""A back-up read, checked, and put in the place of a workspace's data.

Invariants: every file of an archive is checked against its digest before a byte of the workspace
is replaced; replacing is a rename; who was erased since stays erased.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from cdp.errors import InputError, StateError
from cdp.store import manifest as manifests
from cdp.store.backup import DATA, DEFINITIONS, LIST, Backup
from cdp.store.lock import unserved, writer_lock

if TYPE_CHECKING:
    from pathlib import Path

_KEEPS: Final = ("work.duckdb", "state.db")
_ERASED: Final = ("tombstone", "privacy_request", "restriction")
_MODES: Final = {DATA: 0o600, DEFINITIONS: 0o644}
_BLOCK: Final = 1 << 20


def read(archive: Path) -> Backup:
    """Return what an archive says of itself, every file in it checked.

    Raises:
        InputError: it is no back-up, or a file in it is not what it was.
    """
    try:
        with tarfile.open(archive, "r:") as tar:
            found = {m.name: _digest(_content(tar, m)) for m in tar if m.name != LIST}
            said = Backup(**json.load(_content(tar, tar.getmember(LIST))))
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        msg = f"{archive} cannot be read as a back-up ({error}); take another one"
        raise InputError(msg) from error
    wrong = sorted(set(found.items()) ^ set(said.files.items()))
    if wrong:
        msg = f"{archive}: {wrong[0][0]} is not what it was when it was kept; take another back-up"
        raise InputError(msg)
    return said


def put_back(archive: Path, root: Path, *, may_replace: bool) -> Backup:
    """Make an archive the data of a workspace, and its definitions where there are none.

    What was erased since the archive was made stays known as erased.

    Raises:
        InputError: it is no whole back-up.
        StateError: there is data that may not be replaced, or somebody works with it.
        OSError: the files cannot be written; what was there is there still.
    """
    said, home = read(archive), root / ".cdp"
    if any((home / name).exists() for name in _KEEPS) and not may_replace:
        msg = f"{home} holds data already; `--replace` puts the back-up in its place"
        raise StateError(msg)
    new = root / ".cdp.restoring"
    shutil.rmtree(new, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    with unserved(home), writer_lock(home):
        try:
            unpack(archive, new, None if (root / "cdp.yaml").exists() else root)
            _carry_over(home, new)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        if (home / "backups").exists():
            (home / "backups").rename(new / "backups")
        swap(home, new)
    return said


def unpack(archive: Path, home: Path, definitions: Path | None) -> None:
    """Write the data of an archive that was `read` into a new folder, definitions into another."""
    places = {DATA: home, DEFINITIONS: definitions}
    with tarfile.open(archive, "r:") as tar:
        for member in tar:
            first, _, rest = member.name.partition("/")
            place = places.get(first)
            if place is None or not member.isfile() or not _is_below(rest):
                continue
            target = place / rest
            target.parent.mkdir(parents=True, exist_ok=True)
            opened = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODES[first])
            with _content(tar, member) as source, os.fdopen(opened, "wb") as file:
                shutil.copyfileobj(source, file, _BLOCK)
                file.flush()
                os.fsync(file.fileno())


def lay_out(archive: Path, folder: Path) -> None:
    """Write every file of a tar archive, packed in whatever way, below a folder and nowhere else.

    `TarFile.extractall` cannot promise that before Python 3.11.4, which has no filters.

    Raises:
        OSError: the folder cannot be written to.
        tarfile.TarError: it is no such archive.
    """
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.isfile() or not _is_below(member.name):
                continue
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with _content(tar, member) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, _BLOCK)
            target.chmod(member.mode & 0o755 | 0o600)


def swap(home: Path, new: Path) -> None:
    """Put a finished folder in the place of the workspace's data, which is removed."""
    old = home.with_name(f"{home.name}.replaced")
    shutil.rmtree(old, ignore_errors=True)
    if home.exists():
        home.rename(old)
    new.rename(home)
    manifests.sync_folder(home.parent)
    shutil.rmtree(old, ignore_errors=True)


def _carry_over(home: Path, new: Path) -> None:
    """Keep what says who was erased: an older state must not bring anybody back."""
    old, key = home / "state.db", "privacy.key"
    if not old.exists() or not (home / key).exists():
        return
    shutil.copyfile(home / key, new / key)
    connection = sqlite3.connect(new / "state.db")
    try:
        connection.execute("attach ? as replaced", (str(old),))
        for table in _ERASED:
            there = "select count(*) from {}.sqlite_master where name = ?"
            known = [
                connection.execute(there.format(schema), (table,)).fetchall()[0][0]
                for schema in ("main", "replaced")
            ]
            if all(known):
                connection.execute(f"insert or ignore into {table} select * from replaced.{table}")  # noqa: S608 - ours
        connection.commit()
    finally:
        connection.close()


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        msg = f"{member.name} is no file"
        raise tarfile.TarError(msg)
    return content


def _digest(content: IO[bytes]) -> str:
    with content:
        return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # it can be read into a buffer


def _is_below(path: str) -> bool:
    parts = PurePosixPath(path)
    return bool(path) and not parts.is_absolute() and ".." not in parts.parts
