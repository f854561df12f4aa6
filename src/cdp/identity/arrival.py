"""One incoming record, read as the batch would have read it.

Invariant: the values are those that the batch's normalisation gives the record under the frozen
traits. The very text of that normalisation reads the record (`small.loading`); what the small
tables do not know, such as a JSON document within a cell, is read by the batch itself, slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from cdp.errors import InputError
from cdp.identity.assemble import records_of
from cdp.identity.facets import variants
from cdp.identity.fields import field_of, placed
from cdp.identity.lookup import value_type
from cdp.identity.names import NAME_COLUMNS
from cdp.identity.normalise import normalise
from cdp.identity.parties import party_types
from cdp.identity.records import conform
from cdp.identity.scorer import compared_columns
from cdp.identity.small import polars as small_polars
from cdp.identity.small.beyond import BeyondSmallError
from cdp.identity.small.loading import small
from cdp.identity.small.node import Node, constant, given, whole
from cdp.identity.small.table import DataFrame as SmallTable
from cdp.identity.small.tracing import Traced

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from duckdb import DuckDBPyConnection

    from cdp.identity.artefact import Model, PartModel, PartyType

OF_THE_RECORD: Final = ("record_id", "source", "ids")
NOBODY: Final = ""
"""Record id of an incoming record that has none yet; no record of a source has it."""


USUAL: Final = {
    ((field, ""), is_list): name
    for field, is_list, name in (
        *((name, False, name) for name in ("record_id", "source", *NAME_COLUMNS)),
        *((name, False, name) for name in ("birth_date", "gender", "street", "city")),
        *((name, False, name) for name in ("postcode", "country", "company")),
        *(("emails", True, "emails"), ("emails", False, "email")),
        *(("phones", True, "phones"), ("phones", False, "phone")),
    )
}
"""Columns by what they mean and whether they hold lists: a record with no others is read by one
program, whichever of them it has and by whatever names."""
USUAL_FIELDS: Final = tuple((name, is_list) for (_, is_list), name in USUAL.items())
MOST_FORMS: Final = 500
"""Sets of fields that programs are remembered for."""
FIRST_READ: Final[tuple[Mapping[str, Any], ...]] = (
    {"given_name": "T\u014dru", "family_name": "Berg", "birth_date": "1980-02-03"},
    {"full_name": "\u5c71\u7530, T\u014dru", "company": "Berg Ltd"},
    {"company": "Berg Ltd", "emails": ["info@berg.example"]},
)


class FieldError(InputError):
    """A field of an incoming record cannot be read; `field` says which one."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"{field}: {message}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A normalised record: what is compared, and the rows its blocking keys are made of."""

    values: Any
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Read:
    """An incoming record as it was understood; no arrival where the model knows no such party."""

    party_type: PartyType
    read_as: Mapping[str, str]
    arrival: Arrival | None


class Reader:
    """Reads single records under a frozen model."""

    def __init__(self, model: Model, connection: DuckDBPyConnection) -> None:
        self._model = model
        self._connection = connection
        self._types = {
            kind: value_type(part.latent.comparisons) for kind, part in model.parts.items()
        }
        self._columns = {kind: columns_read(part) for kind, part in model.parts.items()}
        self._traced: dict[Any, Traced] = {}
        # what is made once, such as programs and patterns of scripts, is made before a question
        for record in FIRST_READ:
            self.read(record)

    def read(self, fields: Mapping[str, Any]) -> Read:
        """Return the record with these columns, under any names that `cdp match` understands.

        Raises:
            FieldError: a value is neither text nor a number nor a list of them, what is given is
                no Unicode, or nothing is.
        """
        cells = {name: _cell(name, value) for name, value in fields.items()}
        filled = {name: value for name, value in cells.items() if value not in (None, [])}
        if not filled:
            field = "record"
            raise FieldError(field, "give at least one field, such as email")
        read_as = {name: field_of(name) or "extra" for name in fields}
        try:
            kind, rows = self.read_small(filled)
        except BeyondSmallError:
            kind, rows = self.read_whole(filled)
        if not rows:
            return Read(kind, read_as, None)
        rows = [_without_nobody(row) for row in rows]
        known = {name: value for name, value in rows[0].items() if value is not None}
        return Read(kind, read_as, Arrival(msgspec.convert(known, self._types[kind]), rows))

    def read_small(self, cells: Mapping[str, Any]) -> tuple[PartyType, list[dict[str, Any]]]:
        """Return the party type and the normalised rows of a record, read by small tables.

        Raises:
            BeyondSmallError: the record needs polars.
        """
        shown = _as_usual(cells) or cells
        fields = USUAL_FIELDS if shown is not cells else _fields_of(cells)
        traced = self._traced.get(fields)
        if traced is None:
            if len(self._traced) > MOST_FORMS:
                self._traced.clear()
            traced = self._traced[fields] = Traced(lambda: self._followed(fields))
        found: tuple[PartyType, list[dict[str, Any]]] = traced(shown)
        return found

    def _followed(self, fields: Sequence[tuple[str, bool]]) -> Node:
        """Return the party type and rows of a record with these fields, as they follow from it."""
        table = SmallTable.of(
            {name: given(name) for name, _ in fields},
            {name for name, is_list in fields if is_list},
            constant(1),
        )
        record = _SMALL_ASSEMBLE.records_of(table, None)
        record = record.with_columns(record_id=_id_of([name for name, _ in fields], small_polars))
        kind: PartyType = _SMALL_PARTIES.party_types(record).item()
        part = self._model.parts.get(kind)
        if part is None:
            return constant((kind, []))
        columns, _ = _SMALL_NORMALISE.normalise(
            record, None, traits=part.traits, key=self._model.key
        )
        names = [name for name in columns.columns if name in self._columns[kind]]
        further = _SMALL_FACETS.variants(columns)
        rows = columns.select(names).to_dicts(), further.select(names).to_dicts()
        return whole("({f}, {0} + {1})", rows, kind)

    def read_whole(self, cells: Mapping[str, Any]) -> tuple[PartyType, list[dict[str, Any]]]:
        """Return the same, read as the batch reads a table of one row."""
        table = pl.DataFrame({name: [value] for name, value in cells.items()})
        record = conform(records_of(table, None).with_columns(record_id=_id_of(cells, pl)))
        kind: PartyType = party_types(record).item()
        part = self._model.parts.get(kind)
        if part is None:
            return kind, []
        columns, _ = normalise(record, self._connection, traits=part.traits, key=self._model.key)
        names = [name for name in columns.columns if name in self._columns[kind]]
        return kind, pl.concat([columns, variants(columns)]).select(names).to_dicts()


_SMALL_ASSEMBLE: Final = small("cdp.identity.assemble")
_SMALL_PARTIES: Final = small("cdp.identity.parties")
_SMALL_NORMALISE: Final = small("cdp.identity.normalise")
_SMALL_FACETS: Final = small("cdp.identity.facets")


def columns_read(part: PartModel) -> frozenset[str]:
    """Return the columns of a record that a model reads."""
    blocked = {name for rule in part.plan.rules for name in rule.columns}
    return frozenset({*compared_columns(part.latent.comparisons), *blocked, *OF_THE_RECORD})


def _fields_of(cells: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    return tuple((name, isinstance(value, list)) for name, value in cells.items())


def _as_usual(cells: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the cells under the usual names, None for what is not there, if they have such."""
    found: dict[str, Any] = {}
    for name, value in cells.items():
        meaning = placed(name)
        usual = USUAL.get((meaning, isinstance(value, list))) if meaning else None
        if usual is None or usual in found:
            return None
        found[usual] = value
    return _NO_VALUES | found


_NO_VALUES: Final = dict.fromkeys(name for name, _ in USUAL_FIELDS)


def _cell(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value as a table would hold it: text, or a list of texts."""
    if not _is_unicode(name):
        raise FieldError(ascii(name), "is no Unicode; write the name of the field in UTF-8")
    if isinstance(value, list):
        return [text for text in (_text(name, item) for item in value) if text is not None]
    return _text(name, value)


def _text(name: str, value: Any) -> str | None:  # noqa: ANN401 - JSON
    if isinstance(value, str) and not _is_unicode(value):
        raise FieldError(name, "is no Unicode; give it in UTF-8")
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise FieldError(name, "give text, a number, or a list of these")


def _is_unicode(text: str) -> bool:
    """Return whether a text is one: halves of surrogates, such as stray bytes become, are none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _id_of(cells: Iterable[str], polars: Any) -> Any:  # noqa: ANN401 - polars, small or whole
    """Return the expression of the record's id: the one given, or that of nobody."""
    if any(field_of(name) == "record_id" for name in cells):
        return polars.col("record_id").fill_null(NOBODY)
    return polars.lit(NOBODY)


def _without_nobody(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row without the ids that stand for having none."""
    if row["record_id"] != NOBODY:
        return row
    nobody = {NOBODY, f"{row['source']}:{NOBODY}".lower()}
    return row | {"ids": [value for value in row["ids"] if value not in nobody]}
