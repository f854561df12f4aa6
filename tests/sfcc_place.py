"""A shop of B2C Commerce as tests write it: customers and orders in the words of SCAPI, and as XML.

Every row is written once, as the API has it; `customers_xml` and `orders_xml` write the same rows
as an export does.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://www.demandware.com/xml/impex/{}/2006-10-31"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
Row = dict[str, Any]
HOME: Row = {
    "addressId": "home",
    "firstName": "Nora",
    "lastName": "Quint",
    "address1": "4B Quai du Hâvre",
    "city": "Rouen",
    "postalCode": "76000",
    "countryCode": "FR",
}
NAMES = ("salutation", "title", "firstName", "secondName", "lastName", "suffix")
WAYS = ("companyName", "jobTitle", "email", "phoneHome", "phoneBusiness", "phoneMobile")
DATES = ("birthday", "gender", "creationDate", "lastLoginTime", "preferredLocale")
PROFILE = (*NAMES, *WAYS, *DATES)
STATES = ("shippingStatus", "confirmationStatus", "paymentStatus")
AMOUNTS = ("netPrice", "tax", "grossPrice", "basePrice")


def customer(number: str, **others: Any) -> Row:
    """Return a customer."""
    return {
        "customerNo": number,
        "customerId": f"ab{number}",
        "credentials": {"login": f"c{number}@example.org", "enabled": True},
        "firstName": "Nora",
        "lastName": f"N{number}",
        "email": f"c{number}@example.org",
        "preferredLocale": "fr_FR",
        "creationDate": "2025-01-01T08:00:00.000Z",
        "lastModified": "2025-02-01T08:00:00.000Z",
        **others,
    }


def line(product: str, quantity: float, gross: float, *adjusted: float) -> Row:
    """Return a line of an order, with discounts of its own."""
    found: Row = {
        "itemId": f"i-{product}",
        "productId": product,
        "productName": f"Product {product}",
        "quantity": quantity,
        "netPrice": round(gross / 1.2, 2),
        "tax": round(gross - gross / 1.2, 2),
        "grossPrice": gross,
        "basePrice": round(gross / quantity, 2),
        "priceAfterItemDiscount": round(gross + sum(adjusted), 2),
        "taxRate": 0.2,
        "shipmentId": "me",
    }
    if adjusted:
        found["priceAdjustments"] = [
            {
                "netPrice": round(each / 1.2, 2),
                "grossPrice": each,
                "basePrice": each,
                "promotionId": "p",
            }
            for each in adjusted
        ]
    return found


def order(number: str, buyer: str | None, *lines: Row, **others: Any) -> Row:
    """Return an order of a customer, or of a guest."""
    total = round(sum(each["priceAfterItemDiscount"] for each in lines), 2)
    said: Row = {"customerName": "Nora Quint", "email": f"c{buyer or 'guest'}@example.org"}
    if buyer is not None:
        said["customerNo"] = buyer
    home = {name: value for name, value in HOME.items() if name != "addressId"}
    return {
        "orderNo": number,
        "creationDate": "2025-03-03T10:00:00.000Z",
        "lastModified": "2025-03-03T10:05:00.000Z",
        "currency": "EUR",
        "customerLocale": "fr_FR",
        "taxation": "gross",
        "customerInfo": {"guest": buyer is None, **said},
        "billingAddress": home,
        "status": "new",
        "shippingStatus": "not_shipped",
        "confirmationStatus": "confirmed",
        "paymentStatus": "paid",
        "productItems": list(lines),
        "orderTotal": total,
        **others,
    }


def customers_xml(rows: Iterable[Row], root: str = "customers") -> str:
    """Return an export of customers."""
    return _document(root, "customer", (customer_xml(row) for row in rows))


def orders_xml(rows: Iterable[Row]) -> str:
    """Return an export of orders."""
    return _document("orders", "order", (order_xml(row) for row in rows))


def _document(root: str, namespace: str, records: Iterable[str]) -> str:
    begin = f'<{root} xmlns="{NAMESPACE.format(namespace)}">'
    return "\n".join([HEAD + begin, *records, f"</{root}>\n"])


def customer_xml(row: Row) -> str:
    """Return a customer of an export."""
    said = row.get("credentials", {})
    login = f"<login>{said.get('login')}</login><password encrypted='true'>5ecret-ha5h</password>"
    credentials = f"{login}<enabled-flag>{_text(said.get('enabled', True))}</enabled-flag>"
    homes = [(row["primaryAddress"], True)] if "primaryAddress" in row else []
    homes += [(home, False) for home in row.get("addresses", ())]
    addresses = "".join(_address("address", home, is_preferred) for home, is_preferred in homes)
    return (
        f"<customer customer-no={quoteattr(row['customerNo'])}>"
        f"<credentials>{credentials}</credentials>"
        f"<profile>{_fields(row, PROFILE)}{_custom(row)}</profile>"
        f"<addresses>{addresses}</addresses></customer>"
    )


def order_xml(row: Row) -> str:
    """Return an order of an export."""
    said, states = row["customerInfo"], row
    buyer = _fields(said, ("guest", "customerNo", "customerName"))
    mail = f"<customer-email>{escape(said['email'])}</customer-email>"
    status = f"<order-status>{states['status'].upper()}</order-status>"
    status += "".join(f"<{_dashed(n)}>{states[n].upper()}</{_dashed(n)}>" for n in STATES)
    total = f"<gross-price>{row['orderTotal']}</gross-price>"
    lines = "".join(_line(each) for each in row["productItems"])
    return (
        f"<order order-no={quoteattr(row['orderNo'])}>"
        f"<order-date>{row['creationDate']}</order-date>"
        + _fields(row, ("currency", "customerLocale", "taxation"))
        + f"<customer>{buyer}{mail}{_address('billing-address', row['billingAddress'])}</customer>"
        + f"<status>{status}</status>"
        + f"<product-lineitems>{lines}</product-lineitems>"
        + f"<totals><order-total>{total}</order-total></totals>"
        + f"{_custom(row)}</order>"
    )


def _line(row: Row) -> str:
    adjusted = "".join(
        f"<price-adjustment>{_fields(each, (*AMOUNTS, 'promotionId'))}</price-adjustment>"
        for each in row.get("priceAdjustments", ())
    )
    return (
        f"<product-lineitem>{_fields(row, (*AMOUNTS, 'productId', 'productName'))}"
        f'<quantity unit="">{row["quantity"]}</quantity>{_fields(row, ("taxRate", "shipmentId"))}'
        f"<price-adjustments>{adjusted}</price-adjustments></product-lineitem>"
    )


def _address(tag: str, row: Row, is_preferred: bool | None = None) -> str:
    said = ""
    if is_preferred is not None:
        said = f" address-id={quoteattr(row['addressId'])} preferred='{_text(is_preferred)}'"
    fields = _fields(row, (name for name in row if name != "addressId"))
    return f"<{tag}{said}>{fields}</{tag}>"


def _custom(row: Row) -> str:
    found = [(name[2:], value) for name, value in row.items() if name.startswith("c_")]
    return f"<custom-attributes>{''.join(_attribute(*each) for each in found)}</custom-attributes>"


def _attribute(name: str, value: object) -> str:
    values = "".join(f"<value>{_text(each)}</value>" for each in value) if _is_list(value) else ""  # type: ignore[attr-defined] # then it is a list
    said = values or _text(value)
    return f"<custom-attribute attribute-id={quoteattr(name)}>{said}</custom-attribute>"


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _fields(row: Mapping[str, Any], names: Iterable[str]) -> str:
    there = [name for name in names if row.get(name) is not None]
    return "".join(f"<{_dashed(n)}>{_text(row[n])}</{_dashed(n)}>" for n in there)


def _dashed(name: str) -> str:
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
