"""Salesforce B2C Commerce: customers and orders, by SCAPI or from its XML exports.

Both come as one record each, in the words of the API, under the number that the shop gave it, so
that a source may change from files to the API without any record changing its name.
"""

from __future__ import annotations

from typing import Final

from cdp.sources import SOURCES
from cdp.sources.remote.sfcc.answers import LAYOUT
from cdp.sources.remote.sfcc.exports import exports
from cdp.sources.remote.sfcc.options import SfccOptions, shape
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import pages

_FILES: Final = FileSource(
    name="sfcc",
    summary="Salesforce B2C Commerce customers and orders, by SCAPI or from XML exports",
    options=SfccOptions,
    reads={".xml": exports, ".json": pages(LAYOUT)},
    shapes=shape,
)

SOURCES.add("sfcc", _FILES)
