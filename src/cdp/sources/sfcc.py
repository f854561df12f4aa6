"""Salesforce B2C Commerce: customers and orders, by SCAPI or from its XML exports.

Both come as one record each, in the words of the API, under the number that the shop gave it, so
that a source may change from files to the API without any record changing its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.client import connect
from cdp.sources.remote.sfcc.answers import LAYOUT
from cdp.sources.remote.sfcc.api import Api, scoped
from cdp.sources.remote.sfcc.exports import exports
from cdp.sources.remote.sfcc.keeping import keeping
from cdp.sources.remote.sfcc.options import SHAPES, SfccOptions, shape
from cdp.sources.remote.sfcc.walker import Walker
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Strict
    from cdp.sources import Opening

_FILES: Final = FileSource(
    name="sfcc",
    summary="Salesforce B2C Commerce customers and orders, by SCAPI or from XML exports",
    options=SfccOptions,
    reads={".xml": keeping(exports), ".json": keeping(pages(LAYOUT))},
    shapes=shape,
    has_archives=True,
)


@dataclass(frozen=True, slots=True)
class Sfcc:
    """The type sfcc."""

    name: ClassVar[str] = _FILES.name
    summary: ClassVar[str] = _FILES.summary
    options: ClassVar[type[Strict]] = SfccOptions
    reads_files: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")

    def find(self, opening: Opening) -> Found:
        """Return the files that are new, or a walk over each object.

        Raises:
            InputError: the path does not exist or cannot be read.
            ConfigError: `objects:` names what is no object, or an option is missing.
            UnreachableError: a secret is not where the file says.
        """
        if opening.instance.url is None:
            return _FILES.find(opening)
        names = opening.chosen(SHAPES, "B2C Commerce")
        options = SfccOptions.model_validate(opening.instance.options)
        client = connect(scoped(opening, options, names))
        try:
            api = Api.of(opening, client, options)
        except BaseException:
            client.close()
            raise
        walker = Walker(opening, api, options, zone(opening.instance.time_zone or "UTC"))
        walks = {name: walker.deliveries(name) for name in names}
        return Found((), (), walks, client.close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:  # noqa: ARG002 - see Source
        """Return nothing: neither way tells the custom fields that a shop has added."""
        return {}


SOURCES.add("sfcc", Sfcc())
