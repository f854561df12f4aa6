"""How PostgreSQL's values are handed over: exactly, as the server writes them.

Python has no date after 9999, no interval of months and no infinity, and reading a decimal or a
moment only to write it again takes longer than the rest of a row. So numbers with fractions,
moments and whatever is unusual come as text, documents bit by bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import psycopg
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

if TYPE_CHECKING:
    from psycopg.abc import Buffer

_AS_THEY_ARE: Final = frozenset(
    {"bool", "bytea", "float4", "float8", "int2", "int4", "int8", "json", "jsonb", "oid"}
)
_UTC: Final = b"+00"


class _MomentLoader(TextLoader):
    """Loads a moment as ISO 8601 has it; the session's time zone is UTC."""

    def load(self, data: Buffer) -> str:
        text = bytes(data)
        day, _, clock = text.partition(b" ")
        if not clock or text.endswith(b"BC"):
            return text.decode()
        clock = clock[: -len(_UTC)] + b"Z" if clock.endswith(_UTC) else clock
        return (day + b"T" + clock).decode()


def _document(data: str | bytes) -> msgspec.Raw:
    """Return a JSON document as it is, in one line."""
    raw = data.encode() if isinstance(data, str) else bytes(data)
    return msgspec.Raw(raw.replace(b"\n", b" ").replace(b"\r", b" "))


def adapt(connection: psycopg.Connection[Any]) -> None:
    """Make a connection hand values over exactly."""
    for kind in psycopg.adapters.types:
        if kind.name not in _AS_THEY_ARE:
            is_moment = kind.name in {"timestamp", "timestamptz"}
            loader = _MomentLoader if is_moment else TextLoader
            connection.adapters.register_loader(kind.oid, loader)
    set_json_loads(_document, connection)
