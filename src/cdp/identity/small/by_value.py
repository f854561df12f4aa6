"""What the batch does once for every distinct value, done to the values of one record.

Invariant: each stands for the function of the same name in the module that `INSTEAD` names.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from anyascii import anyascii

from cdp.identity.small.kinds import Kind, ListKind
from cdp.identity.small.polars import coalesce
from cdp.identity.small.text import BLANKS, replacing_many
from cdp.identity.small.words import json_text
from cdp.identity.words import DIGRAPHS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from cdp.identity.small.expression import Expr
    from cdp.identity.small.table import DataFrame


def transliterate(_: ModuleType) -> Callable[[Expr], Expr]:
    """Return the text in Latin letters."""
    return lambda column: column.each(_latin)


def _latin(text: str) -> str:
    return text if text.isascii() else anyascii(_without_digraphs()(text))


@cache
def _without_digraphs() -> Callable[[str], str]:
    return replacing_many(tuple(DIGRAPHS.items()))


def by_value(_: ModuleType) -> Callable[[Expr, Callable[[Expr], Expr]], Expr]:
    """Return what is derived of a text."""
    return lambda texts, derived: derived(texts)


def company_columns(companies: ModuleType) -> Callable[[Expr], DataFrame]:
    """Return the columns of a company's name."""
    columns: Callable[[Expr], DataFrame] = companies._columns  # noqa: SLF001 - its other face
    return columns


def nicknames(names: ModuleType) -> Callable[[Expr], Expr]:
    """Return each given name with the names it may be short for."""
    namer, short = names._namer(), names.SHORT_FORMS  # noqa: SLF001 - its other face

    def variants(name: str) -> list[str]:
        return sorted({name, *namer.canonicals_of(name), *short.get(name, ())})

    return lambda given: given.each(variants, listed=True).alias("nicknames")


def iso_dates(dates: ModuleType) -> Callable[[DataFrame], Expr]:
    """Return the ISO date, in words or in digits."""

    def read(frame: DataFrame) -> Expr:
        value = frame["value"]
        return coalesce(dates.iso_date(value, frame["day_first"]), dates._worded(value))  # noqa: SLF001 - its other face

    return read


def keyed_hashes(traits: ModuleType) -> Callable[[Expr, bytes], Expr]:
    """Return a keyed hash of each value."""

    def hashes(values: Expr, key: bytes) -> Expr:
        def digest(value: str) -> int:
            made = blake2b(value.encode(), key=key, digest_size=traits.DIGEST_BYTES)
            return int.from_bytes(made.digest())

        return values.each(digest)

    return hashes


def embedded(cells: ModuleType) -> Callable[..., Expr]:
    """Return a cell as a member of a JSON object: a document as it is, other text if it is kept."""

    def made(column: Expr, key: str = "", *, is_text_kept: bool = False) -> Expr:
        is_list = isinstance(column.dtype, ListKind)
        text = column.list.join(";") if is_list else column.cast(Kind("String"), strict=False)
        title = json.dumps(key or column.name)

        def shown(value: str) -> str | None:
            if not value.strip(BLANKS):
                return None
            is_document = value.lstrip(BLANKS)[0] in "[{" and cells._is_json(value)  # noqa: SLF001 - its other face
            if is_document or is_text_kept:
                return f"{title}:{value if is_document else json_text(value)}"
            return None

        return text.each(shown).alias(column.name)

    return made


INSTEAD: Final[Mapping[str, Mapping[str, Callable[[Any], Any]]]] = {
    "cdp.identity.words": {"transliterate": transliterate, "by_value": by_value},
    "cdp.identity.companies": {"company_columns": company_columns},
    "cdp.identity.names": {"_nicknames": nicknames},
    "cdp.identity.dates": {"iso_dates": iso_dates},
    "cdp.identity.traits": {"keyed_hashes": keyed_hashes},
    "cdp.identity.cells": {"_embedded": embedded},
}
"""Module, name and what makes the stand-in from the module."""
