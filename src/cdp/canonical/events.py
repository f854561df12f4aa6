"""The part of a mapping that makes events, campaigns and target groups, with who is in them."""

from typing import Annotated, Final, Literal

from pydantic import Field

from cdp.canonical.parties import Reference, one_of
from cdp.canonical.values import Condition, ListPath, Value
from cdp.settings import Strict

_MERGE: Final = (
    "several records state it, one after the other: the latest counts, the earliest says when it "
    "began"
)


class Mention(Strict):
    """The party of an event, named by a contact point or another system's key."""

    kind: Literal["email", "phone", "source", "anonymous_id", "user_id"] = Field(
        description="kind of identifier"
    )
    value: Value = Field(description="the identifier")
    of: str | None = Field(
        None,
        description="for kind source: the instance whose key it is, or the type of the only one",
    )
    country: Value | None = Field(None, description="country of a phone number")


class Thing(Strict):
    """Something with a key of its own."""

    id: Value | None = Field(None, description="key; default: the record's own")
    when: Condition | None = Field(None, description="nothing unless this holds")


class Event(Thing):
    """Something that a party did or that was agreed with it."""

    party: Reference | None = Field(None, description="record of the party")
    account: Reference | None = Field(None, description="record of the organisation beside it")
    mentions: tuple[Mention, ...] = Field((), description="other names of the party, best first")


class Line(Strict):
    """The lines of an order or a cart."""

    each: ListPath = Field(description="list whose elements are lines")
    product: Value | None = Field(None, description="key of the product (SKU)")
    name: Value | None = Field(None, description="name as sold")
    quantity: Value = Field(description="units")
    amount: Value = Field(description="total of the line")


class ChangeLine(Strict):
    """The lines of a change."""

    each: ListPath | None = Field(
        None, description="list whose elements are lines; default: the record is one"
    )
    product: Value | None = Field(None, description="key of the product (SKU)")
    name: Value | None = Field(None, description="name as sold")
    quantity: Value = Field(description="units")
    amount: Value | None = Field(
        None, description="total of the line; default: by the price that it was ordered at"
    )


class Change(Event):
    """What a record tells of an order or a cart that others state, beginning with `merge`."""

    id: Value = Field(description="key of what is changed")
    does: Literal["adds", "takes", "restates"] = Field(
        "takes",
        description="whether amount and lines come to it, go from it (a refund), or are all of it "
        "from here on; without both only status and dates change",
    )
    changed_at: Value | None = Field(None, description="when it changed")
    currency: Value | None = Field(None, description="ISO 4217; one in another is not counted")
    amount: Value | None = Field(None, description="how much; default: what the lines come to")
    lines: ChangeLine | None = Field(None, description="lines")


class OrderChange(Change):
    """A refund, a cancellation or another change of an order; all of it taken is a return."""

    does: Literal["adds", "takes"] = Field(
        "takes",
        description="whether amount and lines come to it or go from it (a refund); without both "
        "only status and dates change",
    )
    status: Annotated[Value, one_of("open", "completed", "cancelled", "returned")] | None = Field(
        None, description="open, completed, cancelled or returned"
    )


class CartChange(Change):
    """What was put into a cart or taken out; with all that a cart needs it may begin one."""

    created_at: Value | None = Field(None, description="when it was begun")
    status: Annotated[Value, one_of("open", "abandoned", "recovered")] | None = Field(
        None, description="open, abandoned or recovered"
    )


class Order(Event):
    """An order."""

    merge: bool = Field(default=False, description=_MERGE)
    ordered_at: Value = Field(description="when it was placed")
    changed_at: Value | None = Field(None, description="when it last changed")
    status: Annotated[Value, one_of("open", "completed", "cancelled", "returned")] = Field(
        description="open, completed, cancelled or returned"
    )
    channel: Value = Field(description="shop, sales, store, ...")
    currency: Value = Field(description="ISO 4217")
    amount: Value = Field(description="total")
    reference: Value | None = Field(None, description="another system's number of the same order")
    lines: Line | None = Field(None, description="lines")


class Cart(Event):
    """A cart that was not (yet) ordered."""

    merge: bool = Field(default=False, description=_MERGE)
    created_at: Value = Field(description="when it was begun")
    changed_at: Value = Field(description="when it last changed")
    status: Annotated[Value, one_of("open", "abandoned", "recovered")] = Field(
        description="open, abandoned or recovered"
    )
    currency: Value = Field(description="ISO 4217")
    amount: Value = Field(description="total")
    lines: Line | None = Field(None, description="lines")
    url: Value | None = Field(None, description="where it can be gone on with")


class Quote(Event):
    """A quote."""

    created_at: Value = Field(description="when it was made")
    changed_at: Value | None = Field(None, description="when it last changed")
    status: Annotated[Value, one_of("open", "won", "lost", "expired")] = Field(
        description="open, won, lost or expired"
    )
    currency: Value | None = Field(None, description="ISO 4217")
    amount: Value | None = Field(None, description="total")


class Product(Thing):
    """A product, or one for each element of a list."""

    each: ListPath | None = Field(None, description="list whose elements are products")
    name: Value = Field(description="name")
    category: Value | None = Field(None, description="category")
    price: Value | None = Field(None, description="list price")
    currency: Value | None = Field(None, description="ISO 4217")


class Interaction(Event):
    """An action or a reaction."""

    occurred_at: Value = Field(description="when it happened")
    channel: Value = Field(description="web, email, phone, shop, event, ...")
    type: Value = Field(description="page_viewed, product_viewed, email_opened, ...")
    campaign: Value | None = Field(None, description="campaign that caused it")
    subject: Value | None = Field(None, description="page, product, link, interest")
    properties: Value | None = Field(
        None, description="object of the rest; default: unknown fields"
    )


class Asset(Event):
    """A product that its source keeps as somebody's own: registered, installed, under warranty."""

    status: Annotated[Value, one_of("active", "retired")] = Field(description="active or retired")
    name: Value | None = Field(None, description="what it is")
    number: Value | None = Field(None, description="number of the product")
    serial_number: Value | None = Field(None, description="number of this very piece")
    quantity: Value | None = Field(None, description="units")
    bought_on: Value | None = Field(None, description="when it was bought")
    installed_on: Value | None = Field(None, description="when it was put to use")
    warranty_until: Value | None = Field(None, description="last day of its warranty or term")
    created_at: Value | None = Field(None, description="when it was registered")
    changed_at: Value | None = Field(None, description="when it last changed")


class Ticket(Event):
    """A service ticket."""

    created_at: Value = Field(description="when it was opened")
    changed_at: Value | None = Field(None, description="when it last changed")
    status: Annotated[Value, one_of("open", "waiting", "closed")] = Field(
        description="open, waiting or closed"
    )
    priority: Value | None = Field(None, description="priority")
    subject: Value | None = Field(None, description="one line")


class Lead(Event):
    """A lead."""

    created_at: Value = Field(description="when it was made")
    changed_at: Value | None = Field(None, description="when it last changed")
    status: Annotated[Value, one_of("open", "qualified", "accepted", "converted", "declined")] = (
        Field(description="open, qualified, accepted, converted or declined")
    )
    qualification: Annotated[Value, one_of("hot", "warm", "cold")] | None = Field(
        None, description="hot, warm or cold"
    )
    origin: Value | None = Field(None, description="where it came from")
    campaign: Value | None = Field(None, description="campaign that caused it")
    name: Value = Field(description="one line")
    currency: Value | None = Field(None, description="ISO 4217")
    amount: Value | None = Field(None, description="expected revenue")


class Opportunity(Event):
    """An opportunity."""

    created_at: Value = Field(description="when it was made")
    changed_at: Value | None = Field(None, description="when it last changed")
    status: Annotated[Value, one_of("open", "won", "lost", "stopped")] = Field(
        description="open, won, lost or stopped"
    )
    phase: Value | None = Field(None, description="phase of the sales cycle")
    probability: Value | None = Field(None, description="percent")
    name: Value = Field(description="one line")
    currency: Value | None = Field(None, description="ISO 4217")
    amount: Value | None = Field(None, description="expected revenue")
    close_on: Value | None = Field(None, description="expected end")


class Activity(Event):
    """A sales or service activity."""

    kind: Annotated[Value, one_of("phone_call", "appointment", "task", "visit")] = Field(
        description="phone_call, appointment, task or visit"
    )
    subject: Value | None = Field(None, description="one line")
    status: Annotated[Value, one_of("open", "in_process", "completed", "cancelled")] = Field(
        description="open, in_process, completed or cancelled"
    )
    starts_at: Value | None = Field(None, description="when it begins or is due")
    ends_at: Value | None = Field(None, description="when it ends")
    changed_at: Value | None = Field(None, description="when it last changed")
    direction: Annotated[Value, one_of("inbound", "outbound")] | None = Field(
        None, description="inbound or outbound"
    )


class Campaign(Thing):
    """A campaign."""

    campaign: Value | None = Field(
        None, description="what interactions and leads of the source call it"
    )
    name: Value = Field(description="name")
    status: Annotated[Value, one_of("planned", "active", "completed", "cancelled")] = Field(
        description="planned, active, completed or cancelled"
    )
    type: Value | None = Field(None, description="newsletter, trade fair, call list, ...")
    channel: Value | None = Field(None, description="email, sms, phone, post, event, web, ...")
    starts_at: Value | None = Field(None, description="when it begins")
    ends_at: Value | None = Field(None, description="when it ends")
    currency: Value | None = Field(None, description="ISO 4217")
    budget: Value | None = Field(None, description="planned cost")
    cost: Value | None = Field(None, description="actual cost")
    created_at: Value | None = Field(None, description="when it was made")
    changed_at: Value | None = Field(None, description="when it last changed")


class CampaignMember(Event):
    """A party in a campaign, or one for each element of a list."""

    each: ListPath | None = Field(None, description="list whose elements are members")
    campaign_id: Reference = Field(description="key of the campaign")
    status: Value | None = Field(None, description="sent, opened, registered, ...")
    joined_at: Value | None = Field(None, description="when it was added")
    responded: Value | None = Field(None, description="whether it responded")
    responded_at: Value | None = Field(None, description="when it first did")


class TargetGroup(Thing):
    """A target group that another system keeps."""

    name: Value = Field(description="name")
    description: Value | None = Field(None, description="one line")
    status: Annotated[Value, one_of("draft", "active", "obsolete")] | None = Field(
        None, description="draft, active or obsolete"
    )
    is_control_group: Value | None = Field(None, description="whether its members are held out")
    size: Value | None = Field(None, description="members as the source counts them")
    created_at: Value | None = Field(None, description="when it was made")
    changed_at: Value | None = Field(None, description="when it last changed")


class TargetGroupMember(Event):
    """A party in a target group that another system keeps, or one for each element of a list."""

    each: ListPath | None = Field(None, description="list whose elements are members")
    target_group_id: Reference = Field(description="key of the target group")
    is_control_group: Value | None = Field(None, description="whether this member is held out")
    joined_at: Value | None = Field(None, description="when it was added")
