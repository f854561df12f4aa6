"""The key-value file of a generation: written once in key order, then only mapped and read.

Invariant: a file under its final name is never written again, so that readers need no locks;
overwriting a mapped file in place would kill its readers.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import lmdb

from cdp.errors import CdpError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_FIRST_SIZE = 64 << 20
_DATABASES = 64
LONGEST_KEY = 511


class KeyValueError(CdpError):
    """LMDB refused: the file is damaged or the disk is full."""


class KeyValueWriter:
    """A key-value file that is being built."""

    def __init__(self, environment: Any) -> None:  # noqa: ANN401 - lmdb is untyped
        self._environment = environment

    @staticmethod
    @contextmanager
    def create(path: Path) -> Iterator[KeyValueWriter]:
        """Build a new file; it is on disk when the block ends.

        Raises:
            KeyValueError: it cannot be written.
        """
        with _opened(path, _FIRST_SIZE) as writer:
            yield writer

    @staticmethod
    @contextmanager
    def patch(path: Path) -> Iterator[KeyValueWriter]:
        """Change a copy that nobody has mapped yet; it is on disk when the block ends.

        Raises:
            KeyValueError: it cannot be written.
        """
        with _opened(path, max(_FIRST_SIZE, path.stat().st_size * 2)) as writer:
            yield writer

    def write(self, database: str, items: Iterable[tuple[bytes, bytes]]) -> int:
        """Append items, in ascending order of keys over all calls; return how many.

        Raises:
            KeyValueError: a key is out of order or there twice.
        """
        batch = items if isinstance(items, list) else list(items)
        while True:
            try:
                return self._append(database, batch)
            except lmdb.MapFullError:
                self._grow()

    def exchange(
        self, database: str, stale: Iterable[bytes], items: Iterable[tuple[bytes, bytes]]
    ) -> None:
        """Remove the stale keys, then put the items, whatever was there."""
        gone, fresh = list(stale), dict(items)
        self._carry_out(database, lambda transaction: _exchange(transaction, gone, fresh))

    def clear(self, database: str, prefixes: Iterable[bytes]) -> None:
        """Remove every item whose key begins with one of the prefixes; an empty one means all."""
        chosen = list(prefixes)
        self._carry_out(database, lambda transaction: _clear(transaction, chosen))

    def counts(self, databases: Iterable[str]) -> dict[str, int]:
        """Return the items of each database."""
        environment, found = self._environment, {}
        for name in databases:
            database = environment.open_db(name.encode())
            with environment.begin() as transaction:
                found[name] = int(transaction.stat(database)["entries"])
        return found

    def _carry_out(self, database: str, work: Callable[[Any], None]) -> None:
        name = self._environment.open_db(database.encode())
        while True:
            try:
                with self._environment.begin(write=True, db=name) as transaction:
                    work(transaction)
            except lmdb.MapFullError:
                self._grow()
            else:
                return

    def _grow(self) -> None:
        self._environment.set_mapsize(self._environment.info()["map_size"] * 2)

    def _append(self, database: str, batch: list[tuple[bytes, bytes]]) -> int:
        name = self._environment.open_db(database.encode())
        with self._environment.begin(write=True, db=name) as transaction:
            consumed, added = transaction.cursor().putmulti(batch, append=True)
        if added != consumed:
            msg = f"{database}: a key is there twice or out of order; please report this defect"
            raise KeyValueError(msg)
        return int(added)


@contextmanager
def _opened(path: Path, size: int) -> Iterator[KeyValueWriter]:
    try:
        environment = lmdb.open(
            str(path), subdir=False, lock=False, sync=False, max_dbs=_DATABASES, map_size=size
        )
    except lmdb.Error as error:
        raise _refused(path, error) from error
    try:
        yield KeyValueWriter(environment)
        environment.sync(force=True)
    except lmdb.Error as error:
        raise _refused(path, error) from error
    finally:
        environment.close()


def _exchange(transaction: Any, stale: list[bytes], items: dict[bytes, bytes]) -> None:  # noqa: ANN401 - lmdb is untyped
    for key in sorted(set(stale) - items.keys()):
        transaction.delete(key)
    transaction.cursor().putmulti(sorted(items.items()), overwrite=True)


def _clear(transaction: Any, prefixes: list[bytes]) -> None:  # noqa: ANN401 - lmdb is untyped
    cursor = transaction.cursor()
    for prefix in sorted(prefixes):
        found = cursor.set_range(prefix) if prefix else cursor.first()
        while found and cursor.key().startswith(prefix):
            found = cursor.delete()


def _refused(path: Path, error: Exception) -> KeyValueError:
    return KeyValueError(f"{path} cannot be written: {error}; check that the disk has room")


class KeyValueFile:
    """A finished file, mapped for reading; it is closed when nobody refers to it any more."""

    def __init__(self, path: Path) -> None:
        """Map the file.

        Raises:
            StateError: it is not there or no such file.
        """
        self.path = path
        try:
            self._environment = lmdb.open(
                str(path),
                subdir=False,
                lock=False,
                readonly=True,
                max_dbs=_DATABASES,
                readahead=False,
            )
            self._databases = self._open_all()
        except lmdb.Error as error:
            msg = f"{path} cannot be read: {error}; `cdp rollback` serves the generation before"
            raise StateError(msg) from error

    def get(self, database: str, key: bytes) -> bytes | None:
        """Return the value of a key, None when it is not there."""
        if not 0 < len(key) <= LONGEST_KEY:
            return None
        with self._environment.begin(db=self._databases[database], buffers=False) as reading:
            value: bytes | None = reading.get(key)
        return value

    def scan(
        self, database: str, prefix: bytes, after: bytes | None = None
    ) -> Iterator[tuple[bytes, bytes]]:
        """Yield items whose key begins with the prefix, in order, from behind the key `after`."""
        start = prefix if after is None else max(prefix, after)
        with self._environment.begin(db=self._databases[database]) as reading:
            cursor = reading.cursor()
            if not (cursor.set_range(start[:LONGEST_KEY]) if start else cursor.first()):
                return
            for key, value in cursor.iternext():
                if not key.startswith(prefix):
                    return
                if key != after:
                    yield key, value

    def count(self, database: str) -> int:
        """Return how many items a database holds."""
        with self._environment.begin() as reading:
            return int(reading.stat(self._databases[database])["entries"])

    def names(self) -> list[str]:
        """Return the databases of this file, sorted."""
        return sorted(self._databases)

    def close(self) -> None:
        """Unmap the file; nobody may read from it afterwards."""
        self._environment.close()

    def _open_all(self) -> dict[str, Any]:
        with self._environment.begin() as reading:
            names = [bytes(key) for key, _ in reading.cursor()]
        return {name.decode(): self._environment.open_db(name, create=False) for name in names}


_OPEN: WeakValueDictionary[str, KeyValueFile] = WeakValueDictionary()


def shared(path: Path) -> KeyValueFile:
    """Return the mapped file, one object a process: LMDB forbids to map a file twice in one.

    Raises:
        StateError: it is not there or no such file.
    """
    name = str(path.resolve())
    found = _OPEN.get(name)
    if found is None:
        found = _OPEN[name] = KeyValueFile(path)
    return found
