"""Values of a view as people read them: days, amounts, names, and columns that say the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MONEY: Final = frozenset({"amount", "revenue", "revenue_365d", "average_basket", "price"})
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ|\d{4}-\d\d-\d\d")
_CODE: Final = re.compile(r"[a-z]+(_[a-z]+)+")
_ADDRESS: Final = ("street", "house_number", "postcode", "city", "state", "country")
_PARTIES: Final = {
    "other": "other_id",
    "profile": "profile_id",
    "account": "account_id",
    "parent_account": "parent_account_id",
    "top_account": "top_account_id",
}
_LABELS: Final = {
    "email": "E-mail",
    "at": "When",
    "title": "Title",
    "happened": "What",
    "other": "Party",
    "attributes": "Details",
    "orders_365d": "Orders, 365 days",
    "revenue_365d": "Revenue, 365 days",
    "tax_id": "Tax number",
    "rfm": "RFM",
}


def label(name: str) -> str:
    """Return the name of a column or field for people: `ordered_at` is Ordered."""
    if name in _LABELS:
        return _LABELS[name]
    bare = re.sub(r"_(at|on|id)$", "", name).replace("_", " ")
    return bare[:1].upper() + bare[1:]


def line(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a value in one line: a moment to the minute, an address in its order."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.2f}" if isinstance(value, float) and value % 1 else f"{value:,.0f}"
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, list):
        return ", ".join(filter(None, map(line, value)))
    return _text(str(value))


def money(value: float, currency: str | None) -> str:
    """Return an amount with two decimals and its currency."""
    return f"{value:,.2f} {currency or ''}".strip()


def written(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a row with every value as people read it, amounts with their currency.

    What a row says twice is said once: a party stands in the place of its id, a tier in that of
    its source's word for it.
    """
    said = {_PARTIES[name] for name in _PARTIES if row.get(name)} | {"trust_tier"}
    has_amount = row.get("amount") is not None
    said |= {"currency"} if has_amount else set()
    found = {name: line(value) for name, value in row.items() if name not in said}
    if has_amount:
        found["amount"] = money(row["amount"], row.get("currency"))
    return found


def _object(value: Mapping[str, Any]) -> str:
    if "name" in value and "id" in value:
        place = value.get("address") or {}
        return ", ".join(filter(None, (value["name"] or value["id"], line(place))))
    if set(value) <= set(_ADDRESS):
        return _address(value)
    return ", ".join(f"{name.replace('_', ' ')} {line(v)}" for name, v in value.items() if line(v))


def _address(value: Mapping[str, Any]) -> str:
    pairs = (("street", "house_number"), ("postcode", "city"), ("state",), ("country",))
    parts = (" ".join(str(value[n]) for n in names if value.get(n)) for names in pairs)
    return ", ".join(filter(None, parts))


def _text(value: str) -> str:
    found = _MOMENT.fullmatch(value)
    if found is None:
        return value.replace("_", " ") if _CODE.fullmatch(value) else value
    day, time = found[1] or found[0], found[2]
    return day if time in {None, "00:00"} else f"{day} {time}"
