"""Places in addresses, parameters and bodies that are filled when a request is made.

`{since.iso}`, `{since.seconds}`, `{since.date}`, `{since.epoch}` and `{since.epoch_ms}` are the
moment from which changes are wanted, `{since:%d.%m.%Y}` is it in a format of one's own (of Python's
strftime, in the source's time zone, as is the date); `{parent.id}` is a field of the row that the
request is made for. All other braces are left as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from cdp.sources.remote.walk import instant
from cdp.sources.wire.shape import as_key, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime, tzinfo

_PLACE: Final = re.compile(r"\{(since|parent)(?:\.([\w.]+)|:([^{}]+))\}")
_SINCE: Final[dict[str, Callable[[datetime, tzinfo], str | int]]] = {
    "iso": lambda moment, _: instant(moment),
    "seconds": lambda moment, _: f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    "date": lambda moment, zone: f"{moment.astimezone(zone):%Y-%m-%d}",
    "epoch": lambda moment, _: int(moment.timestamp()),
    "epoch_ms": lambda moment, _: int(moment.timestamp() * 1000),
}
FORMS: Final = tuple(_SINCE)


@dataclass(frozen=True, slots=True)
class Filling:
    """What places are filled with.

    Attributes:
        since: moment (UTC) from which changes are wanted; None: everything is.
        zone: the source's time zone.
        parent: the row that the request is made for.
    """

    since: datetime | None
    zone: tzinfo
    parent: Mapping[str, Any] | None = None

    def fill(self, value: Any) -> Any:  # noqa: ANN401 - any YAML value
        """Return a value with its places filled; a text that is one number's place is a number.

        Raises:
            LookupError: the parent's row has nothing where a place says.
        """
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if not isinstance(value, str):
            return value
        whole = _PLACE.fullmatch(value)
        return self._one(whole) if whole else _PLACE.sub(lambda m: str(self._one(m)), value)

    def path(self, text: str) -> str:
        """Return a path with its places filled, each with one segment of it.

        Raises:
            LookupError: the parent's row has nothing where a place says.
        """
        return _PLACE.sub(lambda place: quote(str(self._one(place)), safe=""), text)

    def _one(self, place: re.Match[str]) -> str | int:
        kind, name, form = place.groups()
        if kind == "parent":
            found = as_key(value_at(self.parent or {}, name or ""))
            if found is None:
                raise LookupError(name)
            return found
        assert self.since is not None  # noqa: S101 - a resource sees to that when it is declared
        if not name:
            return f"{self.since.astimezone(self.zone):{form}}"
        return _SINCE[name](self.since, self.zone)


def places_in(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any YAML value
    """Yield the kind (since or parent) and the name or format of every place in a value."""
    if isinstance(value, dict):
        for each in value.values():
            yield from places_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from places_in(each)
    elif isinstance(value, str):
        yield from ((kind, name or form) for kind, name, form in _PLACE.findall(value))


def needs_since(value: Any) -> bool:  # noqa: ANN401 - any YAML value
    """Return whether a moment is to be filled in somewhere."""
    return any(kind == "since" for kind, _ in places_in(value))


def without_places(path: str) -> str:
    """Return a path with every place in it as `{}`."""
    return _PLACE.sub("{}", path)
