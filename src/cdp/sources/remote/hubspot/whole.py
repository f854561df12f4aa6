"""Rows made whole: with what they are associated with, their lines and their subscriptions.

A row comes out the same whichever way it was read: properties that are filled, in the order of
their names, and each list in the order of keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cdp.sources.remote.hubspot.api import LackingError, WrongError
from cdp.sources.remote.hubspot.objects import LINE, LINES, OBJECTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdp.sources.remote.hubspot.api import Api, Row
    from cdp.sources.remote.hubspot.objects import Object

_OPTED_OUT: Final = "hs_email_optout_"
_KEPT: Final = ("createdAt", "updatedAt", "archived", "archivedAt")


@dataclass(slots=True)
class Whole:
    """Makes rows of one account whole.

    Attributes:
        line: lines, with the properties to ask for; None: they may not be read.
        is_subscribed: whether subscriptions can be read, until the account says that they cannot.
        notes: what a person should know of what was left aside.
    """

    api: Api
    line: Object | None
    is_subscribed: bool
    notes: list[str] = field(default_factory=list)

    def rows(self, known: Object, found: Sequence[Any]) -> list[Any]:
        """Return rows with all that belongs to them; what is no row stays as it is.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        rows = [plain(each) if isinstance(each, dict) else each for each in found]
        good = {each["id"]: each for each in rows if isinstance(each, dict) and each.get("id")}
        if not good:
            return rows
        self._associate(known, good)
        if known.is_subscribed:
            self._subscribe(good)
        return rows

    def _associate(self, known: Object, rows: Mapping[str, Row]) -> None:
        for to in known.associated:
            type_ = LINE.type if to == LINES else OBJECTS[to].type
            ends = self.api.associated(known.type, type_, list(rows))
            for key, row in rows.items():
                row.setdefault("associations", {})[to] = _by_key(ends.get(key, []))
        if LINES in known.associated and self.line is not None:
            self._add_lines(self.line, rows)

    def _add_lines(self, line: Object, rows: Mapping[str, Row]) -> None:
        """Put the lines themselves where only their keys are."""
        ends = {key: row["associations"].pop(LINES) for key, row in rows.items()}
        wanted = sorted({end["id"] for several in ends.values() for end in several}, key=_number)
        found = {each["id"]: plain(each) for each in self.api.read(line.type, wanted, line.asked)}
        for key, row in rows.items():
            row[LINES] = [found[end["id"]] for end in ends[key] if end["id"] in found]

    def _subscribe(self, rows: Mapping[str, Row]) -> None:
        """Put in what the address of each is subscribed to; what was opted out of at least."""
        emails = {key: str(row["properties"].get("email", "")).lower() for key, row in rows.items()}
        found = self._subscribed(sorted({each for each in emails.values() if each}))
        for key, row in rows.items():
            said = None if found is None else found.get(emails[key])
            told = _opted_out(row) if said is None else said
            row["subscriptions"] = sorted(told, key=_of_subscription)

    def _subscribed(self, emails: Sequence[str]) -> Mapping[str, list[Row]] | None:
        """Return what addresses are subscribed to, None where the account does not say."""
        if not self.is_subscribed:
            return None
        try:
            return self.api.subscribed(emails)
        except LackingError as error:
            self.is_subscribed = False
            # what HubSpot says of an address may name it
            why = "HubSpot takes no address" if isinstance(error, WrongError) else str(error)
            self.notes.append(
                f"{why}; of permissions only what was opted out of is read, without its time: "
                "give the app the scopes of subscriptions, or set options.subscriptions to false"
            )
            return None


def _opted_out(row: Row) -> list[Row]:
    """Return what a contact opted out of, as its properties say."""
    return [
        {"subscriptionId": name.removeprefix(_OPTED_OUT), "status": "UNSUBSCRIBED"}
        for name, value in row["properties"].items()
        if name.startswith(_OPTED_OUT) and value == "true"
    ]


def plain(found: Row) -> Row:
    """Return a row with the properties that are filled, in the order of their names."""
    said = found.get("properties")
    properties = said if isinstance(said, dict) else {}
    filled = {name: value for name, value in sorted(properties.items()) if value not in (None, "")}
    key = found.get("id")
    row: Row = {"id": str(key) if isinstance(key, int | str) else key, "properties": filled}
    return row | {name: found[name] for name in _KEPT if found.get(name) not in (None, False)}


def merged(row: Row, name: str) -> list[str]:
    """Return the keys that were merged into a row, as a property of it says."""
    keys = str(row["properties"].get(name, "")).split(";")
    return [key for each in keys if (key := each.strip()) and key != row["id"]]


def _by_key(ends: list[Row]) -> list[Row]:
    """Return what a row is associated with, the primary one first, else in the order of keys."""
    return sorted(ends, key=lambda end: ("Primary" not in end["labels"], *_number(end["id"])))


def _of_subscription(said: Row) -> tuple[int, str]:
    return _number(said.get("subscriptionId"))


def _number(key: object) -> tuple[int, str]:
    text = str(key)
    return (int(text), "") if text.isdecimal() else (0, text)
