"""Exports of data extensions and tracking extracts: which objects they hold.

Columns are read in lower case and without blanks, as rows of the APIs are, since the same extract
has been seen with `SubscriberKey`, `Subscriber Key` and `SUBSCRIBERKEY`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from cdp.sources.remote.sfmc.objects import FILES, SHAPES
from cdp.sources.remote.sfmc.options import SfmcOptions
from cdp.sources.remote.sfmc.rows import column, row_key
from cdp.sources.remote.sfmc.rows import shape as shape_of
from cdp.sources.wire.delimited import read_csv

if TYPE_CHECKING:
    from cdp.settings import Strict
    from cdp.sources.wire.shape import Shape


_READ: Final = partial(read_csv, named=column)
READS: Final = dict.fromkeys((".csv", ".txt", ".tsv"), _READ)


def shape(name: str, options: Strict) -> tuple[str, Shape] | None:
    """Return the object that a file of this name holds, and its shape.

    A data extension that is declared wins over an extract of the same name.
    """
    assert isinstance(options, SfmcOptions)  # noqa: S101 - the model of this type
    declared = {each.casefold(): each for each in options.data_extensions}
    known = declared.get(name.casefold())
    if known is not None:
        extension = options.data_extensions[known]
        return known, shape_of(extension, row_key(extension, {}))
    found = FILES.get(name.casefold())
    return None if found is None else (found, SHAPES[found])
