"""Corrections as rows that statements join: one for each field that is set right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.errors import InputError
from cdp.model.paths import NATIVE_ID, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdp.store.state_corrections import Correction, Scalar

_SCHEMA: Final = {
    "correction_id": pl.Int64,
    "kind": pl.String,
    "source": pl.String,
    "object": pl.String,
    "native_id": pl.String,
    "seq": pl.Int64,
    "path": pl.String,
    "patch": pl.String,
    "reason": pl.String,
}


def decisions(corrections: Iterable[Correction]) -> pl.DataFrame:
    """Return corrections as rows; each field that is set has a path and a JSON merge patch."""
    rows = [row for correction in corrections for row in _rows(correction)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _rows(correction: Correction) -> Iterator[tuple[object, ...]]:
    wish = correction.wish
    own = (wish.source, wish.object, wish.native_id, wish.seq)
    fields: list[tuple[str | None, str | None]] = [*_patches(wish.changes)] or [(None, None)]
    for path, merged in fields:
        yield correction.correction_id, wish.kind, *own, path, merged, correction.reason


def _patches(changes: Mapping[str, Scalar]) -> list[tuple[str, str]]:
    return [(parse(path).json, json.dumps(patch(path, to))) for path, to in changes.items()]


def steps(path: str) -> list[str]:
    """Return the names on the way to a field that can be set.

    Raises:
        InputError: the path does not lead to one field of the record itself.
    """
    try:
        found = parse(path)
    except ValueError as error:
        raise InputError(str(error)) from None
    if path == NATIVE_ID or found.absolute or "[" in found.json or found.json == "$":
        msg = f"{path!r} cannot be set: name a field of the record, as in city or address.city"
        raise InputError(msg)
    return list(found.names)


def patch(path: str, value: Scalar) -> dict[str, object]:
    """Return the JSON merge patch (RFC 7396) that sets one field; None takes it away."""
    whole: object = value
    for name in reversed(steps(path)):
        whole = {name: whole}
    assert isinstance(whole, dict)  # noqa: S101 - a path has a step
    return whole
