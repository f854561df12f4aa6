"""Options of Marketing Cloud."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from cdp.settings import Strict
from cdp.sources.remote.absence import AbsenceOptions
from cdp.sources.wire.delimited import CsvOptions

Name = Annotated[str, Field(min_length=1), AfterValidator(str.lower)]
"""A field as it is asked for: the API answers in lower case, whatever the data extension has."""
Property = Annotated[str, Field(pattern=r"^[A-Za-z]\w*(\.[A-Za-z]\w*)*$")]
_FILTER_PARTS = {"field": "modified", "moment": "2026-01-01T00:00:00"}


class DataExtension(Strict):
    """What is known of a data extension."""

    external_key: str | None = Field(
        None, min_length=1, description="its external key; default: the name that it has here"
    )
    keys: tuple[Name, ...] = Field(
        (), description="fields that tell its rows apart; default: its primary key"
    )
    changed: Name | None = Field(
        None,
        description="date field that every change of a row sets; default: none, so that all rows "
        "are read each time",
    )


class SfmcOptions(AbsenceOptions, CsvOptions):
    """Options of sfmc."""

    account_id: int | None = Field(
        None, ge=1, description="MID of the business unit that is read; default: the package's own"
    )
    soap_url: str | None = Field(
        None,
        pattern=r"^https?://[^/@]+/?$",
        description="address of the SOAP API; default: that of url: with .soap. in place of .rest.",
    )
    data_extensions: dict[str, DataExtension] = Field(
        default_factory=dict,
        description="data extensions to read, or what their files hold, each by a name of your own "
        "or its external key",
    )
    properties: dict[str, tuple[Property, ...]] = Field(
        default_factory=dict,
        description="properties of the SOAP API to read beside the usual ones, by object",
    )
    page_size: int = Field(2_500, ge=1, le=2_500, description="rows to ask for at once")
    overlap_minutes: int = Field(
        70,
        ge=0,
        description="how far before the last change the next load begins; by default more than "
        "the hour that clocks are set back by, since moments come without offset",
    )
    changed_filter: str = Field(
        "{field} gt '{moment}'", description="how rows that changed after a moment are asked for"
    )
    changed_format: str = Field(
        "%Y-%m-%dT%H:%M:%S",
        min_length=2,
        description="how that moment is written (strftime), in the zone of the account",
    )
    tracking_days: float = Field(
        90, gt=0, description="how far back the first load asks for events"
    )
    window_hours: float = Field(
        24, gt=0, description="hours of events to ask for at once; a walk goes on after a whole one"
    )
    subscriber_days: float = Field(
        1, ge=0, description="days after which all subscribers are read again"
    )

    @field_validator("changed_filter")
    @classmethod
    def _asks(cls, value: str) -> str:
        try:
            written = value.format(**_FILTER_PARTS)
        except (LookupError, ValueError, AttributeError):
            written = ""
        if not all(part in written for part in _FILTER_PARTS.values()):
            msg = "write {field} and {moment} where these go, and no other braces"
            raise ValueError(msg)
        return value

    def extension(self, name: str) -> DataExtension:
        """Return what is known of a data extension; of one that is not declared: nothing."""
        return self.data_extensions.get(name) or DataExtension.model_validate({})
