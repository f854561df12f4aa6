"""Options of Salesforce, and the shape that its rows have whatever the object."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from cdp.sources.remote.absence import AbsenceOptions
from cdp.sources.wire.delimited import CsvOptions
from cdp.sources.wire.shape import Shape, first_of, latest_of, marked

CHANGED: Final = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
"""Fields that say when a row changed, the best first."""
SHAPE: Final = Shape(first_of("Id"), latest_of(*CHANGED), columns=("Id",), gone=marked("IsDeleted"))
NAME: Final = r"[A-Za-z][A-Za-z0-9_]*"
"""What names of objects and fields are made of: nothing else gets into a query or an address."""
Name = Annotated[str, Field(pattern=f"^{NAME}$")]


class SalesforceOptions(CsvOptions, AbsenceOptions):
    """Options of salesforce."""

    api_version: str = Field(
        "62.0", pattern=r"^\d+\.0$", description="version of the API, such as 62.0"
    )
    overlap_minutes: int = Field(
        10, ge=0, description="how far before the last change the next load begins"
    )
    fields: dict[Name, tuple[Name, ...]] = Field(
        default_factory=dict,
        description="fields to read, by object; default: all that the user may see",
    )
    page_size: int = Field(2_000, ge=1, le=2_000, description="rows to ask for at once")
    method: Literal["auto", "query", "bulk"] = Field(
        "auto", description="how objects are read; auto: by query, those with many rows in bulk"
    )
    methods: dict[Name, Literal["query", "bulk"]] = Field(
        default_factory=dict, description="how an object is read, where it differs from `method`"
    )
    bulk_from: int = Field(
        50_000, ge=1, description="rows from which on an object is read in bulk, where auto"
    )
    bulk_rows: int = Field(20_000, ge=1, description="rows of a bulk job to fetch at once")
    bulk_wait_minutes: float = Field(
        60,
        gt=0,
        description="how long a bulk job is waited for; the next run goes on waiting for it",
    )
    poll_seconds: float = Field(
        2, gt=0, description="first pause before a bulk job is looked at again; pauses grow"
    )
    change_events: tuple[Name, ...] = Field(
        (), description="objects whose changes the org tells by change events"
    )
    event_channel: str = Field(
        "/data/ChangeEvents", pattern="^/data/", description="channel of change events"
    )
    event_wait_seconds: float = Field(
        5, gt=0, le=100, description="how long an event is waited for before the channel is read"
    )
    query_hours: float = Field(
        24,
        ge=0,
        description="hours after which an object with change events is queried all the same",
    )
    own_client: str = Field(
        "cdp",
        pattern=r"^\w+$",
        description="name under which this platform writes into the org; its changes are skipped",
    )
    daily_share: float = Field(
        0.95,
        gt=0,
        le=1,
        description="share of the org's requests a day beyond which it is left alone",
    )
