"""What is read of a shop: its connections, and the fields of each that are asked for.

A connection inside a row (lines, addresses, metafields) comes out of it as `{"nodes": [...]}`,
whole, and metafields as an object of their values by `namespace.key`: so it is whichever way a row
was read. Names are those of the Admin API from 2025-04 on; a field that a shop's version does not
have is not asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

METAFIELDS: Final = "metafields"
_NAME: Final = re.compile(r"\w+")
_ADDRESS: Final = (
    "id firstName lastName company address1 address2 city zip provinceCode countryCodeV2 phone"
)
_MONEY: Final = "shopMoney {amount currencyCode}"
_SAID: Final = "marketingState marketingOptInLevel marketingUpdatedAt"
_CUSTOM: Final = "namespace key jsonValue"


@dataclass(frozen=True, slots=True)
class Connection:
    """An object of a shop.

    Attributes:
        name: name of the connection.
        type: name of the type of its nodes.
        scope: what an app has to be allowed to read it.
        fields: fields that are read, each with what is read inside it.
        inner: connections inside a row, with the fields of their nodes.
        is_ordered: whether it can be read in the order of change.
        is_kept: whether what is there no more was deleted; else the shop clears it away by itself.
    """

    name: str
    type: str
    scope: str
    fields: tuple[str, ...]
    inner: Mapping[str, str] = field(default_factory=dict)
    is_ordered: bool = True
    is_kept: bool = True

    @property
    def counted(self) -> str:
        """The field that counts its nodes."""
        return f"{self.name}Count"

    def known(self, there: Collection[str], more: tuple[str, ...]) -> Connection:
        """Return it with these fields more, and without what the shop does not have."""
        wanted = dict.fromkeys((*self.fields, *more))
        fields = tuple(each for each in wanted if _name(each) in there)
        inner = {name: inside for name, inside in self.inner.items() if name in there}
        kept = (self.type, self.scope, fields, inner, self.is_ordered, self.is_kept)
        return Connection(self.name, *kept)

    def selection(self, size: int) -> str:
        """Return the fields of a row, with the first so many of each connection inside it."""
        inner = (self.inside(name, f"first: {size}") for name in self.inner)
        return " ".join((*self.fields, *inner))

    def inside(self, name: str, arguments: str) -> str:
        """Return what is asked of a connection inside a row."""
        page = "pageInfo {hasNextPage endCursor}"
        return f"{name}({arguments}) {{nodes {{{self.inner[name]}}} {page}}}"

    @property
    def bulk(self) -> str:
        """The query of a bulk operation: all rows, with all that is inside them."""
        inner = (f"{name} {{edges {{node {{{inside}}}}}}}" for name, inside in self.inner.items())
        selected = " ".join((*self.fields, *inner))
        return f"{{{self.name} {{edges {{node {{{selected}}}}}}}}}"

    def inner_of(self, node: Mapping[str, Any]) -> str:
        """Return the connection inside a row that a node is of: metafields, or the other one."""
        if METAFIELDS in self.inner and "jsonValue" in node:
            return METAFIELDS
        return next(name for name in self.inner if name != METAFIELDS)

    def completed(self, row: dict[str, Any], inside: Mapping[str, list[Any]]) -> dict[str, Any]:
        """Return a row with the nodes of its connections, in the order in which they are read."""
        whole = {name: value for name, value in row.items() if name not in self.inner}
        for name in self.inner:
            nodes = inside.get(name, [])
            whole[name] = _values(nodes) if name == METAFIELDS else {"nodes": nodes}
        return whole


CONNECTIONS: Final = {
    each.name: each
    for each in (
        Connection(
            "customers",
            "Customer",
            "read_customers",
            (
                *("id", "createdAt", "updatedAt", "firstName", "lastName", "locale", "state"),
                *("verifiedEmail", "note", "tags", "numberOfOrders"),
                "amountSpent {amount currencyCode}",
                f"defaultEmailAddress {{emailAddress {_SAID}}}",
                f"defaultPhoneNumber {{phoneNumber {_SAID}}}",
                f"defaultAddress {{{_ADDRESS}}}",
            ),
            {"addressesV2": _ADDRESS, METAFIELDS: _CUSTOM},
        ),
        Connection(
            "orders",
            "Order",
            "read_orders",
            (
                *("id", "name", "createdAt", "updatedAt", "processedAt", "closedAt"),
                *("cancelledAt", "cancelReason", "test", "sourceName", "email", "phone", "note"),
                *("displayFinancialStatus", "displayFulfillmentStatus", "tags", "discountCodes"),
                "customer {id}",
                f"totalPriceSet {{{_MONEY}}}",
                f"totalDiscountsSet {{{_MONEY}}}",
                f"totalRefundedSet {{{_MONEY}}}",
                f"billingAddress {{{_ADDRESS}}}",
                f"refunds {{id createdAt note totalRefundedSet {{{_MONEY}}}}}",
            ),
            {
                "lineItems": "id title sku quantity currentQuantity "
                f"originalTotalSet {{{_MONEY}}} discountedTotalSet {{{_MONEY}}}",
                METAFIELDS: _CUSTOM,
            },
        ),
        Connection(
            "abandonedCheckouts",
            "AbandonedCheckout",
            "read_orders",
            (
                *("id", "name", "createdAt", "updatedAt", "completedAt", "discountCodes"),
                "abandonedCheckoutUrl",
                "customer {id defaultEmailAddress {emailAddress}}",
                f"totalPriceSet {{{_MONEY}}}",
            ),
            {
                "lineItems": "id title sku quantity "
                f"originalTotalPriceSet {{{_MONEY}}} discountedTotalPriceSet {{{_MONEY}}}"
            },
            is_ordered=False,
            is_kept=False,
        ),
        Connection(
            "products",
            "Product",
            "read_products",
            (
                *("id", "title", "handle", "productType", "vendor", "status", "tags"),
                *("createdAt", "updatedAt"),
                "priceRangeV2 {minVariantPrice {currencyCode}}",
            ),
            {"variants": "id title sku price", METAFIELDS: _CUSTOM},
        ),
    )
}


def _name(selected: str) -> str:
    found = _NAME.match(selected)
    return found[0] if found is not None else ""


def _values(nodes: list[Any]) -> dict[str, Any]:
    """Return metafields by `namespace.key`, sorted, since the shop does not say their order."""
    named = {f"{each['namespace']}.{each['key']}": each.get("jsonValue") for each in nodes}
    return dict(sorted(named.items()))
