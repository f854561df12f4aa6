"""Options of the generic types: what the object is called, its key and time of change."""

from __future__ import annotations

from pydantic import Field

from cdp.settings import Strict
from cdp.sources.wire.shape import Shape, all_of, first_of, latest_of, never


class TableOptions(Strict):
    """What is in the rows of a file nobody described to us before."""

    object: str | None = Field(
        None, min_length=1, description="name of the object; default: the file's name up to . or -"
    )
    id_column: str | list[str] | None = Field(
        None,
        min_length=1,
        description="column with the source's own key, or several; default: the content of the "
        "whole row is its key, so that equal rows are one record",
    )
    changed_at_column: str | None = Field(
        None,
        description="column with the time of change (ISO 8601, US date, OData date, epoch)",
    )


def table_shape(name: str, options: Strict) -> tuple[str, Shape] | None:
    """Return the object and shape that these options declare."""
    if not isinstance(options, TableOptions):
        return None
    ids = [options.id_column] if isinstance(options.id_column, str) else options.id_column or []
    key = first_of(*ids) if len(ids) == 1 else all_of(*ids) if ids else None
    clock = options.changed_at_column
    changed = latest_of(clock) if clock else never
    columns = (*ids, clock) if clock else tuple(ids)
    return options.object or name, Shape(key, changed, columns)
