"""Bodies as structs; what does not validate is told with its place, and with what there may be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec import inspect

from cdp.api.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

Body = TypeVar("Body")
_PLACE: Final = re.compile(r" - at `(?:key in )?\$\.?(.*)`$", re.DOTALL)
_STEP: Final = re.compile(r"\[[^\]]*\]|[^.\[\]]+")
_ENUM: Final = "Invalid enum value"


def decoded(body: bytes, kind: type[Body]) -> Body:
    """Return the body as this kind of struct.

    Raises:
        InvalidError: it is none; its `errors` name the field, `body` where it is none of them.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise InvalidError(_told(str(error), kind)) from None


def _told(message: str, kind: type[object]) -> tuple[str, str]:
    """Return where a body is wrong, and how: of values that are counted up, which there are."""
    found = _PLACE.search(message)
    if found is None:
        return "body", message
    where = found[1]
    told = message[: found.start()]
    if told.startswith(_ENUM):
        known = sorted({str(value) for value in _values(inspect.type_info(kind), where)})
        told += f"; use one of {', '.join(known)}"
    return where, told


def _values(kind: inspect.Type, where: str) -> Iterator[object]:
    """Yield the values that a type allows at a place such as `refs[0].kind`."""
    kinds: list[inspect.Type] = [kind]
    for step in _STEP.findall(where):
        kinds = [inner for outer in _parts(kinds) for inner in _inner(outer, step)]
    for each in _parts(kinds):
        if isinstance(each, inspect.LiteralType):
            yield from each.values


def _parts(kinds: list[inspect.Type]) -> Iterator[inspect.Type]:
    for kind in kinds:
        if isinstance(kind, inspect.UnionType):
            yield from _parts(list(kind.types))
        elif isinstance(kind, inspect.Metadata):
            yield from _parts([kind.type])
        else:
            yield kind


def _inner(kind: inspect.Type, step: str) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.StructType):
        yield from (field.type for field in kind.fields if field.encode_name == step)
    elif isinstance(kind, inspect.ListType):
        yield kind.item_type
    elif isinstance(kind, inspect.DictType):
        yield kind.value_type
