"""Salesforce Marketing Cloud: data extensions, subscribers and tracking, by its APIs or as files.

Rows of data extensions come by REST, subscribers and what happened to messages by SOAP; files are
exports of data extensions and tracking extracts. Either way a row is the same record, with the
names of its fields in lower case, so that a source may change from files to the APIs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.client import connect
from cdp.sources.remote.sfmc.files import READS, shape
from cdp.sources.remote.sfmc.objects import OBJECTS
from cdp.sources.remote.sfmc.options import SfmcOptions
from cdp.sources.remote.sfmc.soap import Soap
from cdp.sources.remote.sfmc.tokens import Faults, proof
from cdp.sources.remote.sfmc.walker import Walker
from cdp.sources.wire.files import FileSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Strict
    from cdp.sources import Opening

_ZONE: Final = "UTC-06:00"
"""The clock of an account, unless it was changed: Central time without daylight saving."""
_FILES: Final = FileSource(
    name="sfmc",
    summary="Salesforce Marketing Cloud data extensions, subscribers and tracking, by API or files",
    options=SfmcOptions,
    reads=READS,
    shapes=shape,
    default_zone=_ZONE,
    has_archives=True,
)


@dataclass(frozen=True, slots=True)
class Sfmc:
    """The type sfmc."""

    name: ClassVar[str] = _FILES.name
    summary: ClassVar[str] = _FILES.summary
    options: ClassVar[type[Strict]] = SfmcOptions
    reads_files: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")

    def find(self, opening: Opening) -> Found:
        """Return the files that are new, or a walk over each object.

        Raises:
            InputError: the path does not exist or cannot be read.
            ConfigError: `auth:` is of a kind that Marketing Cloud does not take.
            UnreachableError: a secret is not where the file says.
        """
        url = opening.instance.url
        if url is None:
            return _FILES.find(opening)
        options = SfmcOptions.model_validate(opening.instance.options)
        rest = connect(opening)
        there = options.soap_url or url.replace(".rest.", ".soap.", 1)
        soap = connect(
            replace(opening, instance=opening.instance.model_copy(update={"url": there})), Faults
        )

        def close() -> None:
            rest.close()
            soap.close()

        try:
            auth = proof(opening, options.account_id, rest.secrets)
        except BaseException:
            close()
            raise
        rest.http.auth = soap.http.auth = auth
        soap.secrets, soap.budget = rest.secrets, rest.budget
        soap.http.headers["soapaction"] = "Retrieve"
        clock = zone(opening.instance.time_zone or _ZONE)
        walker = Walker(opening, rest, Soap(soap, options.page_size), options, clock)
        names = opening.instance.objects or (*OBJECTS, *options.data_extensions)
        return Found((), (), {name: walker.deliveries(name) for name in names}, close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:  # noqa: ARG002 - see Source
        """Return nothing: the fields of a data extension are told with its rows alone."""
        return {}


SOURCES.add("sfmc", Sfmc())
