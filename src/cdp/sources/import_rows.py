"""Rows that a program sends to `/v1/import/{source}`."""

from pydantic import Field

from cdp.settings import Strict
from cdp.sources import SOURCES
from cdp.sources.wire.sent import SentObject, SentSource


class ImportOptions(Strict):
    """What rows may be sent."""

    objects: dict[str, SentObject] = Field(
        min_length=1, description="objects by name, each with where its key is"
    )


SOURCES.add(
    "import", SentSource("import", "rows that a program sends to /v1/import", ImportOptions)
)
