"""Who is put into a static group by hand: refs told apart, kept by the record they were known by.

Invariant: each ref gets one status; those that name nobody, or several, change nothing.
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.errors import ErasedError, GoneError, InputError, NotFoundError
from cdp.publish.reference import parse
from cdp.publish.served import AmbiguousError, RetiredError
from cdp.segments.scope import ACCOUNTS
from cdp.store.state import State
from cdp.store.state_segments import StaticMembers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from cdp.publish.reference import Reference
    from cdp.publish.served import Generation
    from cdp.store.state_acts import By

MOST: Final = 10_000
"""Refs that one request may name."""
_WHY: Final[dict[type[Exception], str]] = {
    InputError: "invalid",
    AmbiguousError: "ambiguous",
    ErasedError: "erased",
    GoneError: "gone",
    NotFoundError: "not_found",
}
_COLUMNS: Final = {
    "ref": "",
    "profile_id": "",
    "account_id": "",
    "email": "email:",
    "phone": "phone:",
    "record_id": "source:",
}


class _Kind(msgspec.Struct):
    profile_type: str | None = None
    account_type: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One ref and what became of it."""

    ref: str
    status: str
    profile_id: str | None = None
    message: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Group:
    """A static group in a published generation.

    Attributes:
        home: the workspace's `.cdp` folder.
        segment: name of the group.
        of: what its members are.
        generation: where refs are looked up.
        country: of phone numbers without one.
        hides: whether a profile is hidden from who asks.
    """

    home: Path
    segment: str
    of: str
    generation: Generation
    country: str
    hides: Callable[[str], bool] = lambda _: False

    def add(self, refs: Sequence[str], by: By) -> list[Item]:
        """Put them into the group; return a status for each."""
        found = [self._found(ref) for ref in refs]
        wanted = {item.profile_id: record for item, record in found if item.profile_id}
        with State.open(self.home) as state:
            members = [(str(id_), record) for id_, record in wanted.items()]
            new = StaticMembers(state).add(self.segment, members, by)
        return [self._placed(item, new, "added", "already") for item, _ in found]

    def remove(self, refs: Sequence[str], by: By) -> list[Item]:
        """Take them out of the group; return a status for each."""
        found = [self._found(ref)[0] for ref in refs]
        wanted = {item.profile_id for item in found if item.profile_id}
        with State.open(self.home) as state:
            members = StaticMembers(state)
            kept = {
                m.profile_id: self._now(m.profile_id, m.record_id, wanted)
                for m in members.every(self.segment)
            }
            gone = members.remove(self.segment, [k for k, now in kept.items() if now in wanted], by)
        left = {kept[id_] for id_ in gone}
        return [self._placed(item, left, "removed", "not_a_member") for item in found]

    def _now(self, profile_id: str, record_id: str, wanted: Iterable[str | None]) -> str | None:
        """Return the id that a kept member has now; looked up only where it is none of those."""
        if profile_id in wanted:
            return profile_id
        for ref in (f"source:{record_id}" if record_id else "", profile_id):
            item = self._found(ref)[0] if ref else None
            if item is not None and item.profile_id:
                return item.profile_id
        return None

    @staticmethod
    def _placed(item: Item, changed: Iterable[str | None], yes: str, no: str) -> Item:
        if item.profile_id is None:
            return item
        return Item(item.ref, yes if item.profile_id in changed else no, item.profile_id)

    def _found(self, ref: str) -> tuple[Item, str]:
        """Return whom a ref names, and the record that they were known by."""
        entity = "account" if self.of in ACCOUNTS else "profile"
        try:
            reference = parse(ref, self.country)
            id_, stored = self._read(entity, reference)
        except (InputError, NotFoundError, GoneError) as error:
            return Item(ref, _status(error), message=str(error)), ""
        if self.hides(id_):
            return Item(ref, "hidden", message="this key may not see who that is"), ""
        kind = msgspec.json.decode(stored, type=_Kind)
        if self.of not in {kind.profile_type, kind.account_type}:
            told = f"is a {kind.profile_type or kind.account_type}, the group is of {self.of}s"
            return Item(ref, "other_kind", message=told), ""
        return Item(ref, "added", id_), self._record(reference, id_)

    def _read(self, entity: str, reference: Reference) -> tuple[str, bytes]:
        try:
            return self.generation.read(entity, reference)
        except RetiredError as error:
            return self.generation.read(entity, parse(error.survivor, self.country))

    def _record(self, reference: Reference, id_: str) -> str:
        if reference.kind == "source":
            return reference.value
        if not reference.kind:
            return ""
        stored = self.generation.document("identifiers", id_) or b"[]"
        for row in msgspec.json.decode(stored, type=list[dict[str, Any]]):
            if (row["kind"], row["value"]) == (reference.kind, reference.value):
                return str(min(row["records"], default=""))
        return ""


def _status(error: Exception) -> str:
    return next(status for kind, status in _WHY.items() if isinstance(error, kind))


def refs_of(text: str) -> list[str]:
    """Return the refs of a CSV file: its column `ref`, or one named after what it holds.

    A file of one column needs no heading.

    Raises:
        InputError: no column says who is meant.
    """
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if not rows:
        return []
    heading = [cell.strip().lower().lstrip("\ufeff") for cell in rows[0]]
    for name, prefix in _COLUMNS.items():
        if name in heading:
            place = heading.index(name)
            cells = (row[place].strip() for row in rows[1:] if len(row) > place)
            return [f"{prefix}{cell}" for cell in cells if cell]
    if len(heading) == 1:
        return [row[0].strip() for row in rows]
    msg = f"no column says who is meant; call one of them {', '.join(_COLUMNS)}"
    raise InputError(msg)
