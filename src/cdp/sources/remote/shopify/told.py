"""Rows of messages in the words of the REST API, and what they are in those of the Admin API.

Only what both say is taken over; states are written in capitals there, tags as a list, an amount
together with its currency, and keys as global ids.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec


class _Consent(msgspec.Struct):
    state: str | None = None
    opt_in_level: str | None = None
    consent_updated_at: str | None = None

    def of(self, field: str, contact: str) -> dict[str, Any]:
        """Return it with the contact point that it is for."""
        return {
            field: contact,
            "marketingState": _capitals(self.state),
            "marketingOptInLevel": _capitals(self.opt_in_level),
            "marketingUpdatedAt": self.consent_updated_at,
        }


class _Address(msgspec.Struct):
    id: int | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    zip: str | None = None
    province_code: str | None = None
    country_code: str | None = None
    phone: str | None = None

    def row(self) -> dict[str, Any]:
        """Return it as the Admin API writes it."""
        return {
            "id": _gid("MailingAddress", self.id),
            "firstName": self.first_name,
            "lastName": self.last_name,
            "company": self.company,
            "address1": self.address1,
            "address2": self.address2,
            "city": self.city,
            "zip": self.zip,
            "provinceCode": self.province_code,
            "countryCodeV2": self.country_code,
            "phone": self.phone,
        }


class Customer(msgspec.Struct):
    """A customer."""

    id: int
    created_at: str | None = None
    updated_at: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    state: str | None = None
    verified_email: bool | None = None
    note: str | None = None
    tags: str | None = None
    email_marketing_consent: _Consent | None = None
    sms_marketing_consent: _Consent | None = None
    default_address: _Address | None = None
    addresses: list[_Address] = []

    def row(self) -> dict[str, Any]:
        """Return it as the Admin API writes it."""
        mail, text = self.email_marketing_consent, self.sms_marketing_consent
        home = self.default_address
        return {
            "id": _gid("Customer", self.id),
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "state": _capitals(self.state),
            "verifiedEmail": self.verified_email,
            "note": self.note,
            "tags": _listed(self.tags),
            "defaultEmailAddress": self.email
            and (mail or _Consent()).of("emailAddress", self.email),
            "defaultPhoneNumber": self.phone and (text or _Consent()).of("phoneNumber", self.phone),
            "defaultAddress": None if home is None else home.row(),
            "addressesV2": {"nodes": [each.row() for each in self.addresses]},
        }


class _Line(msgspec.Struct):
    id: int
    title: str | None = None
    sku: str | None = None
    quantity: int = 0
    current_quantity: int | None = None
    price: Decimal = Decimal(0)
    total_discount: Decimal = Decimal(0)

    def row(self, currency: str | None) -> dict[str, Any]:
        """Return it as the Admin API writes it."""
        whole = self.price * self.quantity
        left = self.quantity if self.current_quantity is None else self.current_quantity
        return {
            "id": _gid("LineItem", self.id),
            "title": self.title,
            "sku": self.sku,
            "quantity": self.quantity,
            "currentQuantity": left,
            "originalTotalSet": _money(whole, currency),
            "discountedTotalSet": _money(whole - self.total_discount, currency),
        }


class _Transaction(msgspec.Struct):
    kind: str = ""
    status: str = ""
    amount: Decimal = Decimal(0)


class _Refund(msgspec.Struct):
    id: int
    created_at: str | None = None
    note: str | None = None
    transactions: list[_Transaction] = []

    @property
    def amount(self) -> Decimal:
        """What was paid back."""
        paid = (t.amount for t in self.transactions if (t.kind, t.status) == ("refund", "success"))
        return sum(paid, Decimal(0))


class _Buyer(msgspec.Struct):
    id: int


class Order(msgspec.Struct):
    """An order."""

    id: int
    name: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    processed_at: str | None = None
    closed_at: str | None = None
    cancelled_at: str | None = None
    cancel_reason: str | None = None
    test: bool = False
    source_name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    financial_status: str | None = None
    tags: str | None = None
    customer: _Buyer | None = None
    currency: str | None = None
    total_price: Decimal = Decimal(0)
    total_discounts: Decimal = Decimal(0)
    billing_address: _Address | None = None
    refunds: list[_Refund] = []
    line_items: list[_Line] = []

    def row(self) -> dict[str, Any]:
        """Return it as the Admin API writes it."""
        back = sum((refund.amount for refund in self.refunds), Decimal(0))
        bill = self.billing_address
        return {
            "id": _gid("Order", self.id),
            "name": self.name,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "processedAt": self.processed_at,
            "closedAt": self.closed_at,
            "cancelledAt": self.cancelled_at,
            "cancelReason": _capitals(self.cancel_reason),
            "test": self.test,
            "sourceName": self.source_name,
            "email": self.email,
            "phone": self.phone,
            "note": self.note,
            "displayFinancialStatus": _capitals(self.financial_status),
            "tags": _listed(self.tags),
            "customer": self.customer and {"id": _gid("Customer", self.customer.id)},
            "totalPriceSet": _money(self.total_price, self.currency),
            "totalDiscountsSet": _money(self.total_discounts, self.currency),
            "totalRefundedSet": _money(back, self.currency),
            "billingAddress": None if bill is None else bill.row(),
            "refunds": [
                {
                    "id": _gid("Refund", each.id),
                    "createdAt": each.created_at,
                    "note": each.note,
                    "totalRefundedSet": _money(each.amount, self.currency),
                }
                for each in self.refunds
            ],
            "lineItems": {"nodes": [each.row(self.currency) for each in self.line_items]},
        }


class _Variant(msgspec.Struct):
    id: int
    title: str | None = None
    sku: str | None = None
    price: str | None = None


class Product(msgspec.Struct):
    """A product."""

    id: int
    title: str | None = None
    handle: str | None = None
    product_type: str | None = None
    vendor: str | None = None
    status: str | None = None
    tags: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    variants: list[_Variant] = []

    def row(self) -> dict[str, Any]:
        """Return it as the Admin API writes it."""
        return {
            "id": _gid("Product", self.id),
            "title": self.title,
            "handle": self.handle,
            "productType": self.product_type,
            "vendor": self.vendor,
            "status": _capitals(self.status),
            "tags": _listed(self.tags),
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "variants": {
                "nodes": [
                    {
                        "id": _gid("ProductVariant", each.id),
                        "title": each.title,
                        "sku": each.sku,
                        "price": each.price,
                    }
                    for each in self.variants
                ]
            },
        }


def _gid(type_: str, number: int | None) -> str | None:
    return None if number is None else f"gid://shopify/{type_}/{number}"


def _capitals(text: str | None) -> str | None:
    return None if text is None else text.upper()


def _listed(text: str | None) -> list[str]:
    return [each.strip() for each in (text or "").split(",") if each.strip()]


def _money(amount: Decimal, currency: str | None) -> dict[str, Any]:
    return {"shopMoney": {"amount": str(amount), "currencyCode": currency}}
