"""What is kept of a file: everything but what is never kept, also of what cannot be read."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from cdp.sources import Batch
from cdp.sources.remote.sfcc.words import SECRETS, dashed, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.sources.wire.delivery import Part, Read, Task

_QUOTED: Final = [f'"{name}"' for name in sorted(SECRETS)]
_LEFT_OUT: Final = "***"
_NAMES: Final = "|".join(sorted(SECRETS))
_TAGS: Final = "|".join(sorted(dashed(name) for name in SECRETS))
_CLOSES: Final = rf"</(?:\w+:)?(?:{_TAGS})\s*>"
_FIELD: Final = re.compile(
    rf'("(?:{_NAMES})"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^",\]}}\s][^,\]}}]*)', re.DOTALL
)
_ATTRIBUTE: Final = re.compile(rf"(\b(?:{_TAGS})\s*=\s*)(\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))")
_ELEMENT: Final = re.compile(
    rf"(<(?:\w+:)?(?:{_TAGS})\b[^>]*(?<!/)>).*?(?={_CLOSES}|\Z)", re.DOTALL
)
_REST: Final = re.compile(rf"\A(?:(?!<(?:\w+:)?(?:{_TAGS})\b).)*?(?={_CLOSES})", re.DOTALL)


def keeping(read: Read) -> Read:
    """Return a reader that leaves out what is never kept, of rows and of rejected pieces."""

    def reading(part: Part, task: Task) -> Iterator[Batch]:
        for batch in read(part, task):
            yield Batch(_rows(batch.rows), _rejected(batch.rejected))

    return reading


def redacted(text: str) -> str:
    """Return a piece of a file, JSON or XML and broken anywhere, with `***` for its secrets."""
    for pattern in (_FIELD, _ATTRIBUTE, _ELEMENT):
        text = pattern.sub(rf"\1{_LEFT_OUT}", text)
    return _REST.sub(_LEFT_OUT, text)


def _rows(rows: pl.DataFrame) -> pl.DataFrame:
    hides = rows["payload"].str.contains_any(_QUOTED)
    if not hides.any():
        return rows
    found = rows["payload"].filter(hides)
    kept = [_encoded(without_secrets(msgspec.json.decode(text)), None) for text in found]
    hashes = [
        hashlib.sha256(_encoded(msgspec.json.decode(text), "sorted")).hexdigest() for text in kept
    ]
    places = hides.arg_true()
    return rows.with_columns(
        rows["payload"].scatter(places, [text.decode() for text in kept]),
        rows["content_hash"].scatter(places, hashes),
    )


def _rejected(rejected: pl.DataFrame) -> pl.DataFrame:
    if not len(rejected):
        return rejected
    shown = [None if each is None else redacted(each) for each in rejected["original"]]
    return rejected.with_columns(pl.Series("original", shown, dtype=pl.String))


def _encoded(value: Any, order: Any) -> bytes:  # noqa: ANN401 - any JSON value
    return msgspec.json.encode(value, order=order)


def _hash(text: bytes) -> str:
    return hashlib.sha256(_encoded(msgspec.json.decode(text), "sorted")).hexdigest()
