"""Silver: what parties did, what was agreed with them, and the campaigns that they are in.

Each row names its party either by `record_id` (the source says who) or by `ref_kind` and
`ref_value` (only a contact point or another system's key is known); golden joins them to ids.
"""

from cdp.model.tables.declare import Table, table

PARTY = """
record_id         varchar?   source record of the person or organisation it belongs to
account_record_id varchar?   source record of the organisation it belongs to, where named beside a person
ref_kind          varchar?   kind of identifier when no record is named (email, phone, source, anonymous_id)
ref_value         varchar?   that identifier, normalised
"""


def _event(name: str, grain: str, key: str, columns: str) -> Table:
    first, _, rest = columns.strip().partition("\n")
    return table(f"silver.{name}", grain, key, f"{first}\n{PARTY.strip()}\n{rest}", "record_id")


SILVER_EVENTS = (
    _event(
        "order",
        "one order",
        "order_id",
        """
order_id   varchar        `source:native id`
source     varchar        source instance
ordered_at timestamp      when it was placed (UTC)
changed_at timestamp?     when it last changed (UTC)
status     varchar        open, completed, cancelled or returned
channel    varchar        shop, sales, store, ...
currency   varchar        ISO 4217
amount     decimal(18,2)  total in that currency
reference  varchar?       the customer's or another system's number of the same order
custom     json           source fields that no mapping names
""",
    ),
    table(
        "silver.order_line",
        "one line of one order",
        "order_id line",
        """
order_id   varchar        order it belongs to
line       integer        position, from 1
product_id varchar?       `source:sku` of the product
product    varchar?       name as sold
quantity   decimal(18,3)  units
amount     decimal(18,2)  total of the line in the order's currency
""",
    ),
    _event(
        "cart",
        "one cart that was not (yet) ordered",
        "cart_id",
        """
cart_id    varchar        `source:native id`
source     varchar        source instance
created_at timestamp      when it was begun (UTC)
changed_at timestamp      when it last changed (UTC)
status     varchar        open, abandoned or recovered
currency   varchar        ISO 4217
amount     decimal(18,2)  total in that currency
lines      json           products, quantities, prices of one unit and amounts
url        varchar?       where it can be gone on with, where its source has a link
""",
    ),
    _event(
        "quote",
        "one quote",
        "quote_id",
        """
quote_id   varchar        `source:native id`
source     varchar        source instance
created_at timestamp      when it was made (UTC)
changed_at timestamp?     when it last changed (UTC)
status     varchar        open, won, lost or expired
currency   varchar?       ISO 4217
amount     decimal(18,2)? total in that currency
""",
    ),
    _event(
        "asset",
        "one product that a source keeps as somebody's own: registered, installed, under warranty",
        "asset_id",
        """
asset_id       varchar        `source:native id`
source         varchar        source instance
status         varchar        active or retired
name           varchar?       what it is
number         varchar?       number of the product in its source
serial_number  varchar?       number of this very piece
quantity       decimal(18,3)? units
bought_on      date?          when it was bought
installed_on   date?          when it was put to use
warranty_until date?          last day of its warranty or term
created_at     timestamp?     when it was registered (UTC)
changed_at     timestamp?     when it last changed (UTC)
custom         json           source fields that no mapping names
""",
    ),
    table(
        "silver.product",
        "one product of one source",
        "product_id",
        """
product_id varchar        `source:sku`
source     varchar        source instance
name       varchar        name
category   varchar?       category
price      decimal(18,2)? list price
currency   varchar?       ISO 4217
""",
    ),
    _event(
        "interaction",
        "one reaction or action of a party",
        "interaction_id",
        """
interaction_id varchar    `source:native id`; a repeated delivery has the same
source         varchar    source instance
occurred_at    timestamp  when it happened (UTC)
received_at    timestamp  when it arrived (UTC)
channel        varchar    web, email, phone, shop, event, ...
type           varchar    page_viewed, product_viewed, email_opened, email_clicked, ...
campaign       varchar?   campaign that caused it
subject        varchar?   what it was about: page, product, link, interest
trust_tier     varchar    observed for behaviour, declared or master_data for what was stated
properties     json       the rest, by the source's own names
""",
    ),
    _event(
        "ticket",
        "one service ticket",
        "ticket_id",
        """
ticket_id  varchar    `source:native id`
source     varchar    source instance
created_at timestamp  when it was opened (UTC)
changed_at timestamp? when it last changed (UTC)
status     varchar    open, waiting or closed
priority   varchar?   as the source says
subject    varchar?   one line
""",
    ),
    _event(
        "lead",
        "one lead",
        "lead_id",
        """
lead_id       varchar        `source:native id`
source        varchar        source instance
created_at    timestamp      when it was made (UTC)
changed_at    timestamp?     when it last changed (UTC)
status        varchar        open, qualified, accepted, converted or declined
qualification varchar?       hot, warm or cold
origin        varchar?       where it came from, as the source says
campaign      varchar?       campaign that caused it
name          varchar        one line
currency      varchar?       ISO 4217
amount        decimal(18,2)? expected revenue
""",
    ),
    _event(
        "opportunity",
        "one opportunity",
        "opportunity_id",
        """
opportunity_id varchar        `source:native id`
source         varchar        source instance
created_at     timestamp      when it was made (UTC)
changed_at     timestamp?     when it last changed (UTC)
status         varchar        open, won, lost or stopped
phase          varchar?       phase of the sales cycle, as the source says
probability    decimal(5,2)?  percent
name           varchar        one line
currency       varchar?       ISO 4217
amount         decimal(18,2)? expected revenue
close_on       date?          expected end
""",
    ),
    _event(
        "activity",
        "one sales or service activity",
        "activity_id",
        """
activity_id varchar    `source:native id`
source      varchar    source instance
kind        varchar    phone_call, appointment, task or visit
subject     varchar?   one line
status      varchar    open, in_process, completed or cancelled
starts_at   timestamp? when it begins or is due (UTC)
ends_at     timestamp? when it ends (UTC)
changed_at  timestamp? when it last changed (UTC)
direction   varchar?   inbound or outbound
""",
    ),
    table(
        "silver.campaign",
        "one campaign of one source",
        "campaign_id",
        """
campaign_id varchar        `source:native id`
source      varchar        source instance
campaign    varchar?       what interactions and leads of the source call it
name        varchar        name
status      varchar        planned, active, completed or cancelled
type        varchar?       as the source says: newsletter, trade fair, call list, ...
channel     varchar?       email, sms, phone, post, event, web, ...
starts_at   timestamp?     when it begins (UTC)
ends_at     timestamp?     when it ends (UTC)
currency    varchar?       ISO 4217
budget      decimal(18,2)? planned cost in that currency
cost        decimal(18,2)? actual cost in that currency
created_at  timestamp?     when it was made (UTC)
changed_at  timestamp?     when it last changed (UTC)
custom      json           source fields that no mapping names
""",
    ),
    _event(
        "campaign_member",
        "one party in one campaign",
        "campaign_member_id",
        """
campaign_member_id varchar    `source:native id`
source             varchar    source instance
campaign_id        varchar    `source:native id` of the campaign
status             varchar?   as the source says: sent, opened, registered, ...
joined_at          timestamp? when the party was added (UTC)
responded          boolean?   whether it responded, where the source says
responded_at       timestamp? when it first did (UTC)
""",
    ),
    table(
        "silver.target_group",
        "one target group that another system keeps",
        "target_group_id",
        """
target_group_id  varchar    `source:native id`
source           varchar    source instance
name             varchar    name
description      varchar?   one line
status           varchar?   draft, active or obsolete
is_control_group boolean?   whether its members are held out, where the source says
size             integer?   members as the source counts them
created_at       timestamp? when it was made (UTC)
changed_at       timestamp? when it last changed (UTC)
custom           json       source fields that no mapping names
""",
    ),
    _event(
        "target_group_member",
        "one party in one target group that another system keeps",
        "target_group_member_id",
        """
target_group_member_id varchar    `source:native id`
source                 varchar    source instance
target_group_id        varchar    `source:native id` of the target group
is_control_group       boolean?   whether this member is held out, where the source says
joined_at              timestamp? when the party was added (UTC)
""",
    ),
)
