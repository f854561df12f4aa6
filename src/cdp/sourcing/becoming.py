"""What silver holds, put together again by the source record that it was made of.

A thing is a party or an event with all that hangs on it. It is of the record whose key it has;
where it has a key of its own, of the first record that holds every key that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.canonical.plan import CHANGES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.store import Warehouse

Row = dict[str, Any]
_PARTS: Final = {
    "attribute": "record_id",
    "identifier": "record_id",
    "consent": "record_id",
    "party_role": "record_id",
    "relationship": "record_id",
    "order_line": "order_id",
}
"""Tables whose rows hang on a thing, and the column that says on which."""
_SILENT: Final = {
    *("source", "object", "native_id", "record_id", "received_at", "trust_tier", "original"),
    *("position", "line", "region", "party_type", "consent_id"),
}
_EMPTY: Final = (None, "", "{}")


@dataclass(frozen=True, slots=True)
class Thing:
    """What becomes of a record, or a part of it.

    Attributes:
        kind: person, organisation, order, ..., consent.
        id: its key.
        values: what is known of it, by column.
        parts: rows that hang on it: the table, and what they say.
    """

    kind: str
    id: str
    values: Row
    parts: tuple[tuple[str, Row], ...] = ()


def things(
    warehouse: Warehouse, source: str, records: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[Thing]]:
    """Return what became of each record, by its key; what fits to none is left out."""
    known = {key: _texts(record) | {key, key.lstrip("0")} for key, record in records.items()}
    found: dict[str, list[Thing]] = {}
    for thing, names in _every(warehouse):
        own = _native(thing.id, source)
        keys = [_native(name, source) for name in names]
        whose = [key for key in known if own in {key, key.lstrip("0")}]
        whose += [key for key in known if own.startswith(f"{key}:")]
        whose += [key for key, texts in known.items() if all(k in texts for k in keys)]
        if whose:
            found.setdefault(whose[0], []).append(thing)
    return found


class _Parts:
    """The rows that hang on things, each handed out once."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._rows = {name: _rows(warehouse, name) for name in _PARTS}

    def of(self, column: str, key: str) -> tuple[tuple[str, Row], ...]:
        """Return what hangs on a thing by this column, and hand it out no more."""
        found: list[tuple[str, Row]] = []
        for name in (name for name, by in _PARTS.items() if by == column):
            every = self._rows[name]
            # That it is called so is said already.
            found += [(name, r) for r in every if r[column] == key and r.get("value") != key]
            self._rows[name] = [row for row in every if row[column] != key]
        return tuple((name, _said(row)) for name, row in found)

    def left(self, name: str) -> list[Row]:
        """Return the rows of a table that hang on nothing."""
        return self._rows[name]


def _every(warehouse: Warehouse) -> Iterator[tuple[Thing, list[str]]]:
    """Yield every thing with the keys by which its record may be found."""
    parts = _Parts(warehouse)
    for row in _rows(warehouse, "record"):
        key = row["record_id"]
        yield Thing(row["party_type"], key, _said(row), parts.of("record_id", key)), [key]
    for kind in (kind for kind in KINDS.values() if kind not in CHANGES):
        for row in _rows(warehouse, kind):
            key = row[f"{kind}_id"]
            said = {k: v for k, v in _said(row, of_party=True).items() if k != f"{kind}_id"}
            yield Thing(kind, key, said, parts.of(f"{kind}_id", key)), [key]
    # What is said of parties that other records are.
    for row in parts.left("consent"):
        key = row["consent_id"]
        yield Thing("consent", key, _said(row, of_party=True)), [key]
    for row in parts.left("party_role"):
        key = row["record_id"]
        yield Thing("party_role", key, _said(row)), [key]
    for row in parts.left("relationship"):
        ends = [row["record_id"], row["other_record_id"]]
        yield Thing("relationship", ends[0], _said(row)), ends
    for row in _rows(warehouse, "visitor_link"):
        visitor, person = row["visitor_record_id"], row["record_id"]
        yield Thing("visitor_link", visitor, {"record_id": person}), [visitor, person]


def _rows(warehouse: Warehouse, name: str) -> list[Row]:
    return warehouse.query(f'from silver."{name}" order by all').to_dicts()


def _said(row: Row, *, of_party: bool = False) -> Row:
    """Return what a row says, without what says where it is from."""
    silent = _SILENT - {"record_id"} if of_party else _SILENT
    return {
        name: value
        for name, value in row.items()
        if name not in silent and value is not False and value not in _EMPTY
    }


def _native(key: str, source: str) -> str:
    return key.removeprefix(f"{source}:")


def _texts(value: Any) -> set[str]:  # noqa: ANN401 - JSON
    """Return every scalar of a record as text, with and without padding."""
    if isinstance(value, dict):
        return set().union(*(_texts(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(_texts(each) for each in value))
    text = str(value)
    return {text, text.lstrip("0")}
