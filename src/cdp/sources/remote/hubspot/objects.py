"""What is read of an account: its objects, the properties of each, and what belongs to a row.

Every property that somebody made is read without being named; of HubSpot's own, of which there are
hundreds, those that are named here. A property that the account does not have is not asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from cdp.sources.wire.shape import Shape, as_key, first_of, latest_of, marked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cdp.sources.remote.hubspot.api import Property

LINES: Final = "line_items"
"""The object whose rows come inside those that they are lines of."""
MERGED: Final = "hs_merged_object_ids"
MERGED_KEYS: Final = "mergedKeys"
"""The same as keys, in rows whose key is not their ID as it is."""
_ALWAYS: Final = (MERGED, "hubspot_owner_id")
_CHANGED: Final = latest_of(
    "archivedAt", "properties.lastmodifieddate", "properties.hs_lastmodifieddate", "updatedAt"
)
_GONE: Final = marked("archived")
_PARTIES: Final = ("contacts", "companies")


@dataclass(frozen=True, slots=True)
class Object:
    """An object of an account.

    Attributes:
        name: what it is called here, and in `associations`.
        type: what it is called in paths.
        properties: properties that are read, of HubSpot's own; * stands for any text.
        changed: property with the time of change.
        associated: objects whose rows it is associated with.
        is_subscribed: whether its rows have subscriptions to communication.
        prefix: what stands before a record ID in keys: a company may have the ID of a contact.
        asked: properties to ask for.
    """

    name: str
    type: str
    properties: tuple[str, ...]
    changed: str = "hs_lastmodifieddate"
    associated: tuple[str, ...] = ()
    is_subscribed: bool = False
    prefix: str = ""
    asked: tuple[str, ...] = ()

    def key(self, value: object) -> str | None:
        """Return the key that a record ID is landed by."""
        found = as_key(value)
        return None if found is None else f"{self.prefix}{found}"

    def known(self, there: Collection[Property], more: tuple[str, ...]) -> Object:
        """Return it with the properties to ask an account for that has these."""
        wanted = (*_ALWAYS, self.changed, *self.properties, *more)
        asked = (each.name for each in there if not each.is_own or _among(each.name, wanted))
        return replace(self, asked=tuple(sorted(asked)))

    def within(self, readable: Collection[str]) -> Object:
        """Return it without what belongs to rows that may not be read."""
        return replace(self, associated=tuple(each for each in self.associated if each in readable))


OBJECTS: Final = {
    each.name: each
    for each in (
        Object(
            "contacts",
            "contacts",
            (
                *("email", "hs_additional_emails", "firstname", "lastname", "salutation"),
                *("phone", "mobilephone", "company", "jobtitle", "date_of_birth", "gender"),
                *("address", "city", "state", "zip", "country", "hs_country_region_code"),
                *("hs_language", "lifecyclestage", "hs_lead_status", "createdate"),
                *("hs_email_optout", "hs_email_optout_*", "hs_emailconfirmationstatus"),
                "hs_legal_basis",
            ),
            "lastmodifieddate",
            ("companies",),
            is_subscribed=True,
        ),
        Object(
            "companies",
            "companies",
            (
                *("name", "domain", "website", "phone", "industry", "type", "lifecyclestage"),
                *("address", "address2", "city", "state", "zip", "country"),
                *("hs_country_code", "hs_parent_company_id", "numberofemployees"),
                *("annualrevenue", "createdate"),
            ),
            prefix="company-",
        ),
        Object(
            "deals",
            "deals",
            (
                *("dealname", "amount", "deal_currency_code", "dealstage", "pipeline"),
                *("hs_deal_stage_probability", "hs_is_closed", "hs_is_closed_won"),
                *("closedate", "createdate", "dealtype"),
            ),
            associated=(*_PARTIES, LINES),
        ),
        Object(
            "orders",
            "order",
            (
                *("hs_order_name", "hs_external_order_id", "hs_external_order_status"),
                *("hs_external_created_date", "hs_createdate", "hs_processed_date"),
                *("hs_currency_code", "hs_total_price", "hs_source_store"),
                *("hs_fulfillment_status", "hs_payment_status", "hs_cancelled_date"),
                *("hs_pipeline", "hs_pipeline_stage"),
            ),
            associated=(*_PARTIES, LINES),
        ),
        Object(
            "carts",
            "cart",
            (
                *("hs_cart_name", "hs_external_cart_id", "hs_external_status"),
                *("hs_external_created_date", "hs_createdate", "hs_currency_code"),
                *("hs_total_price", "hs_source_store", "hs_cart_url", "hs_cart_discount"),
            ),
            associated=(*_PARTIES, "orders", LINES),
        ),
        Object(
            "tickets",
            "tickets",
            (
                *("subject", "content", "hs_pipeline", "hs_pipeline_stage"),
                *("hs_ticket_priority", "hs_ticket_category", "source_type"),
                *("createdate", "closed_date"),
            ),
            associated=_PARTIES,
        ),
        Object(
            "products",
            "products",
            ("name", "hs_sku", "price", "hs_price_*", "hs_product_type", "description"),
        ),
    )
}
LINE: Final = Object(
    LINES,
    LINES,
    (
        *("name", "hs_sku", "hs_product_id", "quantity", "price", "amount"),
        *("hs_line_item_currency_code", "hs_total_discount"),
    ),
)


def shape_of(name: str) -> Shape:
    """Return key, time of change and mark of deletion of an object's rows."""
    known = OBJECTS.get(name)
    return Shape(first_of("id", clean=as_key if known is None else known.key), _CHANGED, (), _GONE)


def _among(name: str, wanted: Iterable[str]) -> bool:
    return any(fnmatchcase(name, each) for each in wanted)
