"""A mapping file: what each object of a source becomes in the platform's own words.

A new object or field needs only YAML here; names that the platform does not know are refused
on load with the names that it does.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cdp.canonical.events import (
    Activity,
    Asset,
    Campaign,
    CampaignMember,
    Cart,
    CartChange,
    Interaction,
    Lead,
    Opportunity,
    Order,
    OrderChange,
    Product,
    Quote,
    TargetGroup,
    TargetGroupMember,
    Ticket,
)
from cdp.canonical.parties import (
    Party,
    StandaloneConsent,
    StandaloneRelationship,
    StandaloneRole,
    VisitorLink,
)
from cdp.settings import Declared, Strict
from cdp.sources import zone


def _zone(name: str) -> str:
    zone(name)
    return name


TimeZone = Annotated[str, AfterValidator(_zone)]


class ObjectMapping(Strict):
    """What one object of a source becomes; one record may become several things."""

    strip_zeros: bool = Field(default=False, description="the source pads this object's keys")
    versions: Literal["latest", "all"] = Field(
        "latest",
        description="which versions count: the latest, or all, each a statement of its own",
    )
    ignore: tuple[str, ...] = Field((), description="fields without meaning; * stands for any text")
    unpack: tuple[str, ...] = Field(
        (), description="objects whose unknown fields are kept one by one, as in traits"
    )
    parties: tuple[Party, ...] = Field((), description="persons, organisations, groups, visitors")
    consents: tuple[StandaloneConsent, ...] = Field((), description="statements of permission")
    roles: tuple[StandaloneRole, ...] = Field((), description="roles of parties")
    relationships: tuple[StandaloneRelationship, ...] = Field((), description="links of parties")
    visitor_links: tuple[VisitorLink, ...] = Field((), description="who was seen on which device")
    orders: tuple[Order, ...] = Field((), description="orders")
    carts: tuple[Cart, ...] = Field((), description="carts that were not ordered")
    order_changes: tuple[OrderChange, ...] = Field(
        (), description="refunds, cancellations of orders that others of these records state"
    )
    cart_changes: tuple[CartChange, ...] = Field(
        (), description="what came to carts, or went from them"
    )
    quotes: tuple[Quote, ...] = Field((), description="quotes")
    products: tuple[Product, ...] = Field((), description="products")
    interactions: tuple[Interaction, ...] = Field((), description="actions and reactions")
    tickets: tuple[Ticket, ...] = Field((), description="service tickets")
    leads: tuple[Lead, ...] = Field((), description="leads")
    opportunities: tuple[Opportunity, ...] = Field((), description="opportunities")
    activities: tuple[Activity, ...] = Field((), description="calls, appointments, tasks, visits")
    assets: tuple[Asset, ...] = Field((), description="products that the source keeps as owned")
    campaigns: tuple[Campaign, ...] = Field((), description="campaigns")
    campaign_members: tuple[CampaignMember, ...] = Field((), description="who is in a campaign")
    target_groups: tuple[TargetGroup, ...] = Field(
        (), description="target groups that the source keeps"
    )
    target_group_members: tuple[TargetGroupMember, ...] = Field(
        (), description="who is in such a target group"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        others = {"strip_zeros", "versions", "ignore", "unpack"}
        kinds = [name for name in type(self).model_fields if name not in others]
        if not any(getattr(self, name) for name in kinds):
            msg = f"says nothing; give one of {', '.join(kinds)}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _merged(self) -> Self:
        for name, changes in (("orders", self.order_changes), ("carts", self.cart_changes)):
            if changes and not all(one.merge for one in getattr(self, name)):
                msg = f"{name} that other records change need merge: true"
                raise ValueError(msg)
        return self


class MappingFile(Strict):
    """`mappings/<name>.yaml`: the objects of one kind of source."""

    description: str = Field("", description="one sentence")
    extends: str | None = Field(
        None,
        description="system type whose own mapping holds for what is not said here; an object that "
        "is, is read by what is said here alone",
    )
    time_zone: TimeZone = Field(
        "UTC", description="zone of timestamps without one; a source's option `time_zone` wins"
    )
    slash_dates: Literal["month_first", "day_first"] = Field(
        "month_first", description="how 3/4/2025 is read"
    )
    ignore: tuple[str, ...] = Field((), description="fields to leave out in every object")
    objects: dict[str, ObjectMapping] = Field(description="objects by the source's own names")


MAPPINGS = Declared("mappings/*.yaml", MappingFile)
