"""Options of HubSpot."""

from typing import Annotated

from pydantic import Field

from cdp.settings import Strict
from cdp.settings.secret import Secret
from cdp.sources.remote.absence import AbsenceOptions
from cdp.sources.remote.hubspot.messages import messages
from cdp.sources.wire.hooks import HookedOptions, WebhookOptions

PropertyName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""Name of a property: nothing else gets into an address."""


class HubSpotHooks(Strict):
    """What proves that a message is from the account's app."""

    address: str = Field(
        pattern=r"^https?://[^{}]+$",
        description="address that the app sends messages to, as it is written there: it is signed",
    )
    secrets: tuple[Secret, ...] = Field(
        min_length=1,
        description="where the app's client secret is, with which HubSpot signs; several while it "
        "is being changed",
    )


class HubSpotOptions(AbsenceOptions, HookedOptions):
    """Options of hubspot."""

    api_version: str = Field(
        "2026-03",
        pattern=r"^(v3|\d{4}-(03|09))$",
        description="version of the API, a date such as 2026-03; v3 for the paths before dates",
    )
    overlap_minutes: int = Field(
        15, ge=0, description="how far before the last change the next search begins"
    )
    properties: dict[str, tuple[PropertyName, ...]] = Field(
        default_factory=dict,
        description="properties of HubSpot's own to read beside the usual ones, by object; those "
        "that somebody made are read in any case",
    )
    page_size: int = Field(
        200, ge=1, le=200, description="rows to search for at once; a list gives 100 at most"
    )
    searches_per_second: int = Field(
        4, ge=1, description="searches in a second; HubSpot allows the whole account 5"
    )
    longest_address: int = Field(
        6_000,
        ge=100,
        description="characters of properties in an address; more are asked for in a body",
    )
    subscriptions: bool = Field(
        default=True, description="whether permissions are read with their time and legal basis"
    )
    archive_days: float | None = Field(
        1, ge=0, description="days after which the archive is read to find deletions; null: never"
    )
    reread_days: float | None = Field(
        30,
        ge=0,
        description="days after which everything is read anew, for associations that change "
        "without their row; null: never",
    )
    webhooks: HubSpotHooks | None = Field(
        None, description="what takes the account's own messages; default: none are taken"
    )

    @property
    def hook(self) -> WebhookOptions | None:
        """How the account's messages are signed, and what they hold."""
        if self.webhooks is None:
            return None
        return messages(self.webhooks.address, self.webhooks.secrets)
