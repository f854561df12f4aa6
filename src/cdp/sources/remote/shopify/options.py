"""Options of Shopify, and the shape that its rows have whatever the connection."""

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from cdp.settings import Strict
from cdp.settings.secret import Secret
from cdp.sources.remote.absence import AbsenceOptions
from cdp.sources.remote.shopify.messages import messages
from cdp.sources.wire.hooks import HookedOptions, WebhookOptions
from cdp.sources.wire.shape import Shape, first_of, gid_tail, latest_of

SHAPE: Final = Shape(first_of("id", clean=gid_tail), latest_of("updatedAt", "createdAt"))
Selected = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\s*\{[\w\s{}]*\})?$")]
"""A field, or one with what is read inside it: nothing else gets into a query."""


class ShopifyHooks(Strict):
    """What proves that a message is from the shop."""

    secrets: tuple[Secret, ...] = Field(
        min_length=1,
        description="where the app's client secret is, with which Shopify signs; several while it "
        "is being changed",
    )


class ShopifyOptions(AbsenceOptions, HookedOptions):
    """Options of shopify."""

    api_version: str = Field(
        "2026-07",
        pattern=r"^(\d{4}-(01|04|07|10)|unstable)$",
        description="version of the Admin API, such as 2026-07; 2025-04 or later",
    )
    overlap_minutes: int = Field(
        10, ge=0, description="how far before the last change the next load begins"
    )
    fields: dict[str, tuple[Selected, ...]] = Field(
        default_factory=dict,
        description="fields to read beside the usual ones, by object: locale, or "
        "image {url altText}; what the shop's version does not have is left out",
    )
    page_size: int = Field(
        50, ge=1, le=250, description="rows to ask for at once; fewer where they cost too much"
    )
    inner_size: int = Field(
        25,
        ge=1,
        le=250,
        description="lines, addresses, metafields of a row to ask for with it; the rest is asked "
        "for by itself",
    )
    method: Literal["auto", "pages", "bulk"] = Field(
        "auto",
        description="how an object is read for the first time; auto: in pages, in bulk where there "
        "are many rows; changes are always read in pages",
    )
    bulk_from: int = Field(
        5_000,
        ge=1,
        le=10_000,
        description="rows from which on an object is read in bulk, where auto; Shopify counts to "
        "10,000",
    )
    bulk_bytes: int = Field(
        8 << 20, ge=256, description="bytes of a bulk operation's file to fetch at once"
    )
    bulk_wait_minutes: float = Field(
        60,
        gt=0,
        description="how long a bulk operation is waited for; the next run goes on waiting for it",
    )
    poll_seconds: float = Field(
        2, gt=0, description="first pause before a bulk operation is looked at again; pauses grow"
    )
    webhooks: ShopifyHooks | None = Field(
        None, description="what takes the shop's own messages; default: none are taken"
    )

    @field_validator("fields")
    @classmethod
    def _balanced(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for each in (each for several in value.values() for each in several):
            if each.count("{") != each.count("}"):
                msg = f"{each!r} opens more brackets than it closes, or fewer"
                raise ValueError(msg)
        return value

    @property
    def hook(self) -> WebhookOptions | None:
        """How the shop's messages are signed, and what they hold."""
        return None if self.webhooks is None else messages(self.webhooks.secrets)
