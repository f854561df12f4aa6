"""What is kept of a file: everything but what is never kept, also of what cannot be read.

A broken piece is looked at as text. Payments in it, and secrets that are no plain values, end what
is shown of it: where they end cannot be told.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from cdp.sources import Batch
from cdp.sources.remote.sfcc.words import MARKS, NUMBER, PAYMENTS, SECRETS, dashed, drop_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.sources.wire.delivery import Part, Read, Task

_LEFT_OUT: Final = "***"


def _written(*names: str) -> str:
    """Return what finds these names as any of the shop's interfaces writes them."""
    return "|".join(dashed(name).replace("-", "[-_]?") for name in sorted(names))


_NAMES: Final = _written(*SECRETS)
_PARTS: Final = _written(*PAYMENTS)
_CLOSES: Final = rf"</(?:[\w.-]+:)?(?:{_NAMES})\s*>"
_HOW: Final = re.DOTALL | re.IGNORECASE
_FIELD: Final = re.compile(
    rf'("(?:c_)?(?:{_NAMES}|{NUMBER})"\s*:\s*)'
    r'(?:[\[{].*\Z|"(?:[^"\\]|\\.)*(?:"|\\?\Z)[^,}\]]*|[^",\]}\s][^,\]}]*)',
    _HOW,
)
_ATTRIBUTE: Final = re.compile(rf"(\b(?:{_NAMES})\s*=\s*)(\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))", _HOW)
_ELEMENT: Final = re.compile(
    rf"(<(?:[\w.-]+:)?(?:{_NAMES})\b[^>]*(?<!/)>).*?(?={_CLOSES}|\Z)", _HOW
)
_PAID: Final = re.compile(
    rf'("(?:{_PARTS})"\s*:\s*[\[{{]|<(?:[\w.-]+:)?(?:{_PARTS})\b[^>]*(?<!/)>).*\Z', _HOW
)
_REST: Final = re.compile(rf"\A(?:(?!<(?:[\w.-]+:)?(?:{_NAMES})\b).)*?(?={_CLOSES})", _HOW)


def keeping(read: Read) -> Read:
    """Return a reader that leaves out what is never kept, of rows and of rejected pieces."""

    def reading(part: Part, task: Task) -> Iterator[Batch]:
        for batch in read(part, task):
            yield Batch(_rows(batch.rows), _rejected(batch.rejected))

    return reading


def redacted(text: str) -> str:
    """Return a piece of a file, JSON or XML and broken anywhere, with `***` for its secrets."""
    if "\0" in text:  # it was read in another encoding than it is written in
        return _LEFT_OUT
    for pattern in (_PAID, _FIELD, _ATTRIBUTE, _ELEMENT):
        text = pattern.sub(rf"\1{_LEFT_OUT}", text)
    return _REST.sub(_LEFT_OUT, text)


def _rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows without what is never kept; others stay as they were written."""
    places, texts, hashes = [], [], []
    may_hide = rows["payload"].str.contains_any(list(MARKS)).arg_true()
    for place, text in zip(may_hide, rows["payload"].gather(may_hide), strict=True):
        row = msgspec.json.decode(text)
        if drop_secrets(row):
            places.append(place)
            texts.append(msgspec.json.encode(row).decode())
            hashes.append(hashlib.sha256(msgspec.json.encode(row, order="sorted")).hexdigest())
    if not places:
        return rows
    return rows.with_columns(
        rows["payload"].scatter(places, texts), rows["content_hash"].scatter(places, hashes)
    )


def _rejected(rejected: pl.DataFrame) -> pl.DataFrame:
    if not len(rejected):
        return rejected
    shown = [None if each is None else redacted(each) for each in rejected["original"]]
    return rejected.with_columns(pl.Series("original", shown, dtype=pl.String))
