"""Records of XML exports in the words that SCAPI has for them, so that both are one record.

Only names and places change (`first-name` to `firstName`, `custom-attribute` to `c_...`, the fields
of a profile to those of its customer); values stay the texts that they were, but for states, which
the API writes in small letters. What proves who somebody is and what money is moved with (passwords
and their hashes, numbers of cards, accounts and gift certificates, tokens) is left out, so that it
is never kept. So are custom attributes of payments, where payment services keep theirs.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

Row = dict[str, Any]

SECRETS: Final = frozenset(
    {
        "accessToken",
        "accountNumber",
        "bankAccountDriversLicense",
        "bankAccountNumber",
        "bankRoutingNumber",
        "cardNumber",
        "cardToken",
        "clientSecret",
        "creditCardIssueNumber",
        "creditCardNumber",
        "creditCardToken",
        "currentPassword",
        "driversLicense",
        "ekId",
        "encryptedCardNumber",
        "encryptedSecurityCode",
        "giftCertificateCode",
        "giftCertificateId",
        "giftcertificateId",
        "issueNumber",
        "newPassword",
        "orderAccessCode",
        "orderToken",
        "orderViewCode",
        "password",
        "passwordAnswer",
        "passwordQuestion",
        "refreshToken",
        "resetToken",
        "routingNumber",
        "securityCode",
    }
)
"""Names of the schemas of exports and of the OpenAPI documents, of Shopper APIs too."""
PAYMENTS: Final = frozenset({"paymentInstruments", "payments"})
NUMBER: Final = "number"
"""A card's or an account's own, in payments; elsewhere it may be anything."""
MARKS: Final = tuple(f'"{name}"' for name in sorted(SECRETS | PAYMENTS))
"""Of these one is in JSON that holds what is never kept."""
_DASH: Final = re.compile(r"-(\w)")
_BIG: Final = re.compile("[A-Z]")
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_ANY_LANGUAGE: Final = "x-default"
_CUSTOM: Final = "custom-attributes"
_LONGEST_NAME: Final = 256  # no name of the schemas is half as long; longer ones are cut
_LISTS: Final = {
    "addresses": "addresses",
    "bundled-product-lineitems": "bundledProductItems",
    "customer-groups": "customerGroups",
    "customer-payment-profiles": "customerPaymentProfiles",
    "external-profiles": "externalProfiles",
    "giftcertificate-lineitems": "giftCertificateItems",
    "notes": "notes",
    "option-lineitems": "optionItems",
    "payments": "payments",
    "price-adjustments": "priceAdjustments",
    "product-lineitems": "productItems",
    "shipments": "shipments",
    "shipping-lineitems": "shippingItems",
    "tax-items": "taxItems",
}
_NAMES: Final = {
    "abtest": "abTestSegment",
    "coupon-id": "couponCode",
    "customer-email": "email",
    "discount": "appliedDiscount",
    "enabled-flag": "enabled",
    "gc-merchant-id": "giftCertificateMerchantId",
    "inventory-list-id": "inventoryId",
    "lineitem-text": "itemText",
    "order-date": "creationDate",
    "order-status": "status",
    "postbox": "postBox",
    "shipping-lineitem": "shippingItem",
    "value-id": "optionValueId",
}
_STATES: Final = ("status", "shippingStatus", "confirmationStatus", "paymentStatus", "exportStatus")
_SMALL: Final = ("businessType", "channelType")


def customer(element: Element) -> Row:
    """Return a customer."""
    row = _whole(element)
    profile = row.pop("profile", None)
    row |= profile if isinstance(profile, dict) else {}
    homes = row.pop("addresses", None)
    if homes is not None:
        preferred = [home for home in homes if home.get("preferred") == "true"]
        if preferred:
            row["primaryAddress"] = preferred[0]
        row["addresses"] = [home for home in homes if home not in preferred[:1]]
    return row


def order(element: Element) -> Row:
    """Return an order."""
    row = _whole(element)
    buyer = row.pop("customer", None)
    if isinstance(buyer, dict):
        if "billingAddress" in buyer:
            row["billingAddress"] = buyer.pop("billingAddress")
        row["customerInfo"] = buyer
    states = row.pop("status", None)
    if isinstance(states, dict):
        row |= {name: str(state).lower() for name, state in states.items()}
    row |= {name: str(row[name]).lower() for name in _SMALL if name in row}
    source = row.get("sourceCode")
    if isinstance(source, dict):
        row |= {"sourceCode": source.get("code"), "sourceCodeGroupId": source.get("groupId")}
    row |= _totals(row)
    price = "netPrice" if row.get("taxation") == "net" else "grossPrice"
    for line in (*row.get("productItems", ()), *row.get("shippingItems", ())):
        after = _after_discount(line, price)
        if after is not None:
            line["priceAfterItemDiscount"] = after
    for shipment in row.get("shipments", ()):
        _flatten(shipment)
    return row


def drop_secrets(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Take out of a value, in place, what is never kept; return whether there was any.

    Values may be nested deeper than calls can be.
    """
    found, left = False, [(value, False)]
    while left:
        each, is_payment = left.pop()
        if isinstance(each, list):
            left += [(inner, is_payment) for inner in each]
        elif isinstance(each, dict):
            for name in [name for name in each if _is_secret(name, is_payment=is_payment)]:
                del each[name]
                found = True
            left += [(inner, is_payment or name in PAYMENTS) for name, inner in each.items()]
    return found


def _is_secret(name: str, *, is_payment: bool) -> bool:
    return name in SECRETS or (is_payment and (name == NUMBER or name.startswith("c_")))


def dashed(name: str) -> str:
    """Return a name of the API as exports write it."""
    return _BIG.sub(lambda found: f"-{found[0].lower()}", name)


def _whole(element: Element) -> Row:
    """Return a record without what is never kept, attributes and payments included."""
    row = _row(element)
    drop_secrets(row)
    return row


def _row(element: Element) -> Row:
    """Return an element with its attributes and all that is in it, but for secrets."""
    found: Row = {_camel(name): text for name, text in element.attrib.items()}
    for child in element:
        kind, name = _place(child.tag[:_LONGEST_NAME])
        if kind == "field":
            _put(found, name, child)
        elif kind == "list":
            found[name] = [_row(each) for each in child]
        elif kind == "custom":
            found |= _custom(child)
    return found


@lru_cache(maxsize=4096)
def _place(tag: str) -> tuple[Literal["field", "list", "custom", "secret"], str]:
    """Return what an element is, and its name in the API."""
    name = tag.rpartition("}")[2]
    if name == _CUSTOM:
        return "custom", ""
    if name in _LISTS:
        return "list", _LISTS[name]
    written = _NAMES.get(name) or _camel(name)
    return "secret" if written in SECRETS else "field", written


def _put(found: Row, name: str, child: Element) -> None:
    """Add what is in an element; attributes of a text stand beside it under both names."""
    if len(child):
        found[name] = _row(child)
        return
    text = (child.text or "").strip()
    if text:
        found[name] = text
    if child.attrib:
        beside = {f"{name}{_camel(f'-{key}')}": said for key, said in child.attrib.items()}
        found |= {key: said for key, said in beside.items() if said}


def _custom(attributes: Element) -> Row:
    """Return custom attributes, each a text or a list; one in other languages is apart for each."""
    found: Row = {}
    for attribute in attributes:
        language = attribute.get(_LANGUAGE, _ANY_LANGUAGE)
        name = f"c_{attribute.get('attribute-id', '')}"
        if language != _ANY_LANGUAGE:
            name = f"{name}@{language}"
        text = (attribute.text or "").strip()
        value = [(each.text or "").strip() for each in attribute] if len(attribute) else text
        if value:
            found[name] = value
    return found


def _camel(name: str) -> str:
    return _DASH.sub(lambda found: found[1].upper(), name.rpartition("}")[2])


def _totals(row: Row) -> Row:
    """Return the totals that the API states beside the order, as its taxation says."""
    totals = row.get("totals")
    if not isinstance(totals, dict):
        return {}
    price = "netPrice" if row.get("taxation") == "net" else "grossPrice"
    wanted = {
        "orderTotal": ("orderTotal", "grossPrice"),
        "taxTotal": ("orderTotal", "tax"),
        "productTotal": ("adjustedMerchandizeTotal", price),
        "shippingTotal": ("adjustedShippingTotal", price),
    }
    found = {name: _at(totals, *path) for name, path in wanted.items()}
    adjusted = _at(totals, "merchandizeTotal", "priceAdjustments")
    return {name: value for name, value in found.items() if value is not None} | (
        {"orderPriceAdjustments": adjusted} if adjusted else {}
    )


def _flatten(shipment: Row) -> None:
    states = shipment.pop("status", None)
    if isinstance(states, dict):
        shipment |= {name: str(state).lower() for name, state in states.items()}
    method = shipment.pop("shippingMethod", None)
    if method is not None:
        shipment["shippingMethod"] = {"id": method}


def _after_discount(line: Row, price: str) -> str | None:
    """Return the price of a line with its own adjustments, None where it cannot be told."""
    adjusted = (each.get(price) for each in line.get("priceAdjustments", ()))
    try:
        return str(sum((Decimal(each) for each in adjusted if each), Decimal(line[price])))
    except (LookupError, TypeError, InvalidOperation):
        return None


def _at(value: Mapping[str, Any], *path: str) -> Any:  # noqa: ANN401 - any JSON value
    found: Any = value
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found
