"""A SQL statement that lives in a file: one SELECT, with a header that says what it is.

The header is a block of `-- name: value` lines: grain, key, reads, broadcast, params, writes.
`reads` are partitioned by `key`; `broadcast` inputs are small and every partition sees them
whole. The bucket test executes each statement from its header alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from cdp.errors import ConfigError

if TYPE_CHECKING:
    from cdp.stage import Key

_HEADER = re.compile(r"^-- (\w+): *(.*)$")
_NEEDED = {"grain", "key", "reads", "writes"}
_KNOWN = _NEEDED | {"broadcast", "params"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT and its declaration.

    Attributes:
        name: `package/file` without suffix.
        sql: the text, with `$params`.
        grain: what one row of the result is.
        key: what its inputs and its result are partitioned by.
        reads: tables partitioned by `key`.
        broadcast: small tables that every partition sees whole.
        params: names of its parameters.
        writes: the table it fills; `step.x` is private to its stage.
    """

    name: str
    sql: str
    grain: str
    key: Key
    reads: tuple[str, ...]
    broadcast: tuple[str, ...]
    params: tuple[str, ...]
    writes: str

    @staticmethod
    def load(package: str, name: str) -> Statement:
        """Return `sql/<name>.sql` of this package (`cdp.golden`)."""
        return _load(package, name)


def statements(package: str) -> list[Statement]:
    """Return every statement of a package, sorted by name."""
    folder = files(package) / "sql"
    if not folder.is_dir():
        return []
    names = sorted(f.name[:-4] for f in folder.iterdir() if f.name.endswith(".sql"))
    return [Statement.load(package, name) for name in names]


@cache
def _load(package: str, name: str) -> Statement:
    text = (files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return parse(f"{package}/{name}", text)


def parse(name: str, text: str) -> Statement:
    """Return the statement that this text holds.

    Raises:
        ConfigError: a header line is missing or unknown.
    """
    header: dict[str, str] = {}
    for line in text.splitlines():
        found = _HEADER.match(line)
        if found is None:
            break
        header[found[1]] = found[2].strip()
    if not set(header) <= _KNOWN or not set(header) >= _NEEDED:
        msg = (
            f"{name}.sql: its header has {sorted(header)}; it needs {sorted(_NEEDED)} "
            f"and may have {sorted(_KNOWN)}"
        )
        raise ConfigError(msg)

    def words(field: str) -> tuple[str, ...]:
        return tuple(header.get(field, "").replace(",", " ").split())

    return Statement(
        name=name,
        sql=text,
        grain=header["grain"],
        key=cast("Key", header["key"]),
        reads=words("reads"),
        broadcast=words("broadcast"),
        params=words("params"),
        writes=header["writes"],
    )
