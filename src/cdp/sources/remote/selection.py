"""Finding something in a JSON answer by its path, without decoding the rest of it.

A path names members, joined by dots: `data.items`. A number is a place in a list, from its end when
it is negative, and `*` is every element of a list or every value of an object: `edges.*.node`. The
empty path is the answer itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

EACH: Final = "*"
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_HEAD: Final = 64


def rows_at(raw: bytes, path: str) -> list[bytes]:
    """Return the rows at a path, as they came: the elements of lists, anything else as it is.

    Raises:
        LookupError: there is nothing at the path.
        msgspec.MsgspecError: it is no JSON, or the path leads through something that has no parts.
    """
    rows: list[bytes] = []
    for found in _found(msgspec.Raw(raw), _parts(path)):
        if _is_list(found):
            rows += (bytes(row) for row in _LIST.decode(found))
        elif bytes(found).strip() != b"null":
            rows.append(bytes(found))
    return rows


def value_in(raw: bytes, path: str) -> Any:  # noqa: ANN401 - whatever the system put there
    """Return the value at a path, None where there is none.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    try:
        return msgspec.json.decode(next(_found(msgspec.Raw(raw), _parts(path))))
    except (LookupError, StopIteration, msgspec.ValidationError):
        return None


def _parts(path: str) -> list[str]:
    return path.split(".") if path else []


def _found(raw: msgspec.Raw, parts: list[str]) -> Iterator[msgspec.Raw]:
    if not parts:
        yield raw
        return
    inner = _LIST.decode(raw) if _is_list(raw) else _OBJECT.decode(raw)
    for each in _step(inner, parts[0]):
        yield from _found(each, parts[1:])


def _step(inner: list[msgspec.Raw] | dict[str, msgspec.Raw], part: str) -> list[msgspec.Raw]:
    if part == EACH:
        return list(inner.values()) if isinstance(inner, dict) else inner
    if isinstance(inner, dict):
        return [inner[part]]
    try:
        return [inner[int(part)]]
    except ValueError:
        raise LookupError(part) from None


def _is_list(raw: msgspec.Raw) -> bool:
    return memoryview(raw)[:_HEAD].tobytes().lstrip().startswith(b"[")
