"""One incoming record, read as the batch would have read it.

Invariant: the values are those that the batch's normalisation gives the record under the frozen
traits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from cdp.errors import InputError
from cdp.identity.assemble import records_of
from cdp.identity.facets import variants
from cdp.identity.fields import field_of
from cdp.identity.lookup import value_type
from cdp.identity.normalise import normalise
from cdp.identity.parties import party_types
from cdp.identity.records import conform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection

    from cdp.identity.artefact import Model, PartyType

NOBODY: Final = ""
"""Record id of an incoming record that has none yet; no record of a source has it."""


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

    def read(self, fields: Mapping[str, Any]) -> Read:
        """Return the record with these columns, under any names that `cdp match` understands.

        Raises:
            FieldError: a value is neither text nor a number nor a list of them.
        """
        table = pl.DataFrame({name: [_cell(name, value)] for name, value in fields.items()})
        if table.is_empty():
            field = "record"
            raise FieldError(field, "give at least one field, such as email")
        record = conform(_identified(records_of(table, None), fields))
        kind: PartyType = party_types(record).item()
        read_as = {name: field_of(name) or "extra" for name in fields}
        part = self._model.parts.get(kind)
        if part is None:
            return Read(kind, read_as, None)
        columns, _ = normalise(record, self._connection, traits=part.traits, key=self._model.key)
        rows = [_without_nobody(row) for row in pl.concat([columns, variants(columns)]).to_dicts()]
        known = {name: value for name, value in rows[0].items() if value is not None}
        return Read(kind, read_as, Arrival(msgspec.convert(known, self._types[kind]), rows))


def _cell(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value as a table would hold it: text, or a list of texts."""
    if isinstance(value, list):
        return [_text(name, item) for item in value]
    return _text(name, value)


def _text(name: str, value: Any) -> str | None:  # noqa: ANN401 - JSON
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise FieldError(name, "give text, a number, or a list of these")


def _identified(record: pl.DataFrame, fields: Mapping[str, Any]) -> pl.DataFrame:
    """Return the record under `NOBODY` unless its own id was given."""
    if any(field_of(name) == "record_id" for name in fields):
        return record
    return record.with_columns(record_id=pl.lit(NOBODY))


def _without_nobody(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row without the ids that stand for having none."""
    if row["record_id"] != NOBODY:
        return row
    nobody = {NOBODY, f"{row['source']}:{NOBODY}".lower()}
    return row | {"ids": [value for value in row["ids"] if value not in nobody]}
