"""Gold: what a party did, was sent and owns, in few rows as of a moment, for those who look at it."""

from cdp.model.tables.declare import table

GOLD_OVERVIEWS = (
    table(
        "gold.browsing",
        "what one party did on web sites and in apps, as of a moment",
        "profile_id",
        """
profile_id       varchar   person, visitor, organisation or group
as_of            timestamp the moment (UTC); nothing later was read
last_visit_at    timestamp last thing that it did there (UTC)
visits_30d       bigint    visits in the last 30 days: half an hour of nothing ends one
actions_30d      bigint    all that it did there in the last 30 days
anonymous_30d    bigint    of these, before it said who it is
pages_30d        bigint    pages and screens viewed in the last 30 days
products_30d     bigint    views of products in the last 30 days
searches_30d     bigint    searches in the last 30 days
cart_changes_30d bigint    products put into carts or taken out in the last 30 days
products         json      up to ten products seen last, of the last 180 days: number, name, category, times, when last
categories       json      up to five categories most looked at, of the last 180 days: times, when last
searches         json      up to five searches made last, of the last 180 days: words, when last
""",
        subject="profile_id",
    ),
    table(
        "gold.tracking",
        "what came of messages to one party on one channel, as of a moment",
        "profile_id channel",
        """
profile_id           varchar    person, visitor, organisation or group
channel              varchar    email, sms, push, ...
as_of                timestamp  the moment (UTC); nothing later was read
sent_30d             bigint     messages sent in the last 30 days
sent_90d             bigint     messages sent in the last 90 days
opened_30d           bigint     opened in the last 30 days, by a person as far as the source can tell
opened_90d           bigint     opened in the last 90 days
machine_opened_90d   bigint     opened by a machine in the last 90 days, where the source tells them apart
clicked_30d          bigint     clicked in the last 30 days
clicked_90d          bigint     clicked in the last 90 days
bounced_30d          bigint     that came back in the last 30 days, for good or for a while
bounced_90d          bigint     that came back in the last 90 days
unsubscribed_30d     bigint     unsubscriptions in the last 30 days
unsubscribed_90d     bigint     unsubscriptions in the last 90 days
complained_90d       bigint     complaints as of unwanted mail in the last 90 days
last_sent_at         timestamp? last message sent (UTC)
last_opened_at       timestamp? last opening by a person (UTC)
last_clicked_at      timestamp? last click (UTC)
last_bounced_at      timestamp? last message that came back (UTC)
last_unsubscribed_at timestamp? last unsubscription (UTC)
last_complained_at   timestamp? last complaint (UTC)
last_engaged_at      timestamp? last opening or click (UTC)
unreachable_since    timestamp? last message that came back for good, where none arrived after it (UTC)
""",
        subject="profile_id",
    ),
    table(
        "gold.owned_product",
        "one product that one party bought and kept, as of a moment",
        "profile_id number",
        """
profile_id       varchar       person, visitor, organisation or group
number           varchar       number of the product in its source, else its name
product_id       varchar?      `source:sku` as it was bought last
product          varchar?      name
category         varchar?      category
quantity         decimal(18,3) units, less those that were given back
orders           bigint        completed orders that they are of
first_ordered_at timestamp     first of these (UTC)
ordered_at       timestamp     last of these (UTC)
order_id         varchar       that last one
as_of            timestamp     the moment (UTC); nothing later was read
""",
        subject="profile_id",
    ),
)
