"""The views of the gold file: what analysts see, with stable names and a comment on everything.

A view is either a declared table under its public name, or a statement of its own in
`cdp/publish/views/<name>.sql` whose columns are declared here.
"""

from dataclasses import dataclass

from cdp.model.tables.declare import Column, Table, table
from cdp.model.tables.gold import GOLD
from cdp.model.tables.gold_analyses import GOLD_ANALYSES
from cdp.model.tables.gold_events import GOLD_EVENTS
from cdp.model.tables.gold_overviews import GOLD_OVERVIEWS
from cdp.model.tables.gold_scores import GOLD_SCORES
from cdp.model.tables.identity import IDENTITY
from cdp.model.tables.review import REVIEW

NAMES_VERSION = 1
"""Version of the names of views and columns. A name is never taken away or given another meaning
within a version; new ones may come."""

_BASE = {
    t.name: t
    for t in (
        *(*GOLD, *GOLD_SCORES, *GOLD_ANALYSES, *GOLD_EVENTS, *GOLD_OVERVIEWS),
        *(*IDENTITY, *REVIEW),
    )
}


@dataclass(frozen=True, slots=True)
class View:
    """One view of the schema `gold`.

    Attributes:
        name: `gold.plural`.
        grain: what one row is.
        columns: in order, each with its type and what it holds.
        of: the table it shows as it is; None where a statement of its own makes it.
        key: columns that tell one row from all others.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    of: str | None
    key: tuple[str, ...] = ()


def _of(name: str, base: str) -> View:
    shown = _BASE[base]
    return View(f"gold.{name}", shown.grain, shown.columns, base, shown.key)


def _joined(name: str, grain: str, base: str, more: str, without: str = "") -> View:
    kept = tuple(c for c in _BASE[base].columns if c.name not in without.split())
    added: Table = table(f"gold.{name}", grain, "", more)
    also = ("direction",) if name == "relationships" else ()  # each is seen from both its ends
    key = (*_BASE[base].key, *also)
    return View(f"gold.{name}", grain, (*kept, *added.columns), None, key)


_FACTS = """
as_of                timestamp?     moment that the facts below look from (UTC)
currency             varchar?       currency of revenue and baskets (ISO 4217)
orders               bigint         orders, cancelled ones left out
orders_365d          bigint         of these, in the last 365 days
revenue              decimal(18,2)  their amounts, less what came back and what has no known rate
revenue_365d         decimal(18,2)  of these, in the last 365 days
average_basket       decimal(18,2)? mean amount of the orders that have one
first_order_at       timestamp?     first order (UTC)
last_order_at        timestamp?     last order (UTC)
recency_days         integer?       whole days since the last order
tenure_days          integer?       whole days since the first order
open_carts           bigint         carts neither ordered nor recovered in the last 30 days
interactions_30d     bigint         interactions in the last 30 days
interactions_90d     bigint         interactions in the last 90 days
last_interaction_at  timestamp?     last interaction (UTC)
preferred_channel    varchar?       channel with most interactions in the last 180 days
top_interest         varchar?       subject with most interactions in the last 180 days
scores               map(varchar,double) value of every score by its name
segments             varchar[]      segments it is a member of, sorted
"""

VIEWS: tuple[View, ...] = (
    _joined(
        "customer_360",
        "one person or anonymous visitor with facts, scores, segments and permissions",
        "gold.profile",
        """
account_name         varchar?       name of the employer, where a relationship names it
household_id         varchar?       household it lives in
email_marketing      varchar?       permission for marketing to the best e-mail, if any
phone_marketing      varchar?       permission for marketing to the best phone, if any
"""
        + _FACTS.lstrip(),
    ),
    _joined(
        "account_360",
        "one organisation or group with facts, scores, segments and contacts",
        "gold.account",
        """
parent_name          varchar?       name of the organisation above it
group_id             varchar?       group it belongs to
contacts             bigint         persons with a relationship to it: contacts, members
"""
        + _FACTS.lstrip(),
    ),
    _of("profile_identifier", "gold.identifier"),
    _of("profile_source", "gold.source_record"),
    _of("attribute_origin", "gold.attribute"),
    _of("orders", "gold.order"),
    _joined(
        "order_lines",
        "one line of one order, with its order and product",
        "gold.order_line",
        """
category   varchar?   category of the product
profile_id varchar?   person or visitor of the order
account_id varchar?   organisation of the order
source     varchar    source instance of the order
ordered_at timestamp  when the order was placed (UTC)
status     varchar    status of the order
currency   varchar    currency of the order, ISO 4217
""",
    ),
    _of("interactions", "gold.interaction"),
    _of("carts", "gold.cart"),
    _of("quotes", "gold.quote"),
    _of("browsing_by_party", "gold.browsing"),
    _of("tracking_by_channel", "gold.tracking"),
    _of("owned_products", "gold.owned_product"),
    _of("products", "gold.product"),
    _of("tickets", "gold.ticket"),
    _of("assets", "gold.asset"),
    _of("leads", "gold.lead"),
    _of("opportunities", "gold.opportunity"),
    _of("activities", "gold.activity"),
    _of("campaigns", "gold.campaign"),
    _joined(
        "campaign_members",
        "one party in one campaign, with the campaign",
        "gold.campaign_member",
        """
campaign        varchar?   what interactions and leads of the source call the campaign
name            varchar?   name of the campaign, null where it was not delivered
campaign_status varchar?   planned, active, completed or cancelled
channel         varchar?   channel of the campaign
starts_at       timestamp? when it begins (UTC)
ends_at         timestamp? when it ends (UTC)
""",
    ),
    _joined(
        "target_groups",
        "one target group that another system keeps, with its members counted",
        "gold.target_group",
        """
members  bigint members that were delivered
known    bigint of these, persons, visitors, organisations and groups that are known here
""",
    ),
    _joined(
        "target_group_members",
        "one party in one target group that another system keeps, with the target group",
        "gold.target_group_member",
        """
name   varchar? name of the target group, null where it was not delivered
status varchar? draft, active or obsolete
""",
    ),
    _joined(
        "relationships",
        "one relationship of two profiles, seen from one of them, with their names",
        "gold.relationship",
        """
direction  varchar    from: it starts here and leads to the other; to: the other way round
name       varchar?   name of this one
other_name varchar?   name of the other
""",
    ),
    _of("roles", "gold.role"),
    _of("account_hierarchies", "gold.account_hierarchy"),
    _of("inferred", "gold.enrichment"),
    _of("possible_profiles", "identity.possible"),
    _of("doubtful_profiles", "identity.doubt"),
    _of("consents", "gold.consent"),
    _of("segment_membership", "gold.segment_member"),
    _of("scores", "gold.score"),
    _of("score_models", "gold.score_model"),
    _of("analyses", "gold.analysis"),
    _of("abc_classes", "gold.analysis_abc"),
    _of("rfm_cells", "gold.analysis_rfm"),
    _of("cohorts", "gold.analysis_cohort"),
    _of("clusters", "gold.analysis_cluster"),
    _of("cluster_features", "gold.analysis_cluster_feature"),
    _of("cluster_members", "gold.analysis_cluster_member"),
    _of("retention_trees", "gold.analysis_tree"),
    _of("cross_selling_rules", "gold.analysis_rule"),
    _of("lookalikes", "gold.analysis_lookalike"),
    _of("lookalike_trials", "gold.analysis_lookalike_trial"),
    _of("campaign_uplift", "gold.analysis_uplift"),
    _joined(
        "identity_history",
        "one change of one id, with the id that it leads to today",
        "identity.history",
        """
current_id varchar?   live id it leads to now, null when the id was emptied
""",
    ),
    _joined(
        "households",
        "one person living in one household",
        "gold.household_member",
        """
full_name    varchar? name of the person
household    varchar? family names of the household
members      bigint   persons in the household
head_id      varchar  the member it is listed under
street       varchar? street of its home, as told last
house_number varchar? house number of its home
postcode     varchar? postcode of its home
city         varchar? city of its home
country      varchar? country of its home, ISO 3166-1 alpha-2
""",
    ),
    _joined(
        "company_groups",
        "one organisation of one group",
        "gold.company_group_member",
        """
name          varchar? name of the organisation
company_group varchar? name of the group's head
members       bigint   organisations in the group
head_id       varchar  organisation at its top
parent_name   varchar? name of the organisation above it
""",
    ),
    _of("review_queue", "identity.review"),
)
