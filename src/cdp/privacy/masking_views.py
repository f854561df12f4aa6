"""What a caller without the scope `pii:read` sees of a scenario's view: its blocks and its hints.

Invariant: of a row of a block only columns that are named here, and moments, numbers and truth
values are shown; a column of a table that comes later is hidden until it is named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cdp.privacy.classes import is_money
from cdp.privacy.masking import (
    address,
    email,
    free_text,
    identifier,
    mask,
    name,
    phone,
    record_id,
)
from cdp.privacy.masking_scores import amount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = dict[str, Any]

_OPEN: Final = frozenset(
    (
        *("status", "channel", "currency", "kind", "direction", "type", "campaign", "trust_tier"),
        *("trust", "priority", "qualification", "origin", "phase", "product", "category"),
        *("source", "role", "scope", "segment", "band", "score", "method", "region", "purpose"),
        *("state", "rule", "entity_type", "event", "profile_type", "account_type", "group_kind"),
        *("other_type", "profile_id", "account_id", "other_id", "parent_account_id"),
        *("top_account_id", "household_id", "group_id"),
    )
)
_LISTS: Final = frozenset({"products", "categories", "searches", "lines"})
"""Lists of rows within a row: their columns are named above."""
_DAYS: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
_PERSONAL_DAYS: Final = frozenset({"birth_date"})
_PARTIES: Final = frozenset({"other", "profile", "account", "parent_account", "top_account"})
_CHANGES: Final[Mapping[str, Callable[[str], str | None]]] = {
    "email": email,
    "phone": phone,
    "full_name": name,
    "given_name": name,
    "family_name": name,
    "serial_number": identifier,
    **dict.fromkeys(("reference", "subject", "name", "title", "description", "query"), free_text),
}


def mask_view(entity: str, document: Row) -> Row:
    """Return a view without what identifies a person; the shape stays."""
    own = {"blocks", "view", "possible", *_PARTIES} & document.keys()
    masked: Row = mask(entity, {k: v for k, v in document.items() if k not in own})
    found = {k: masked.get(k) for k in document if k not in own}
    if "timeline" in found and found["timeline"] is not None:
        pairs = zip(found["timeline"], document["timeline"], strict=True)
        found["timeline"] = [entry | {"trust": whole.get("trust")} for entry, whole in pairs]
    found |= {called: mask_party(document[called]) for called in document if called in _PARTIES}
    if "possible" in own:
        found["possible"] = [_possible(one) for one in document["possible"]]
    if "blocks" in own:
        found["blocks"] = mask_blocks(document["blocks"])
    if "view" in own:
        found["view"] = document["view"]
    return found


def mask_blocks(blocks: Mapping[str, Row]) -> Row:
    """Return blocks by name with every row masked."""
    return {
        name_: block | {"rows": [mask_row(row) for row in block.get("rows") or ()]}
        for name_, block in blocks.items()
    }


def mask_row(row: Row) -> Row:
    """Return a row of a block, hidden columns null."""
    shown = {column: _shown(column, value) for column, value in row.items()}
    if "value" in row and "score" in row:  # of gold.score
        shown |= mask("scores", {k: row[k] for k in ("value", "currency") if k in row})
    return shown


def mask_party(party: Row | None) -> Row | None:
    """Return the id, name and place of a party that a row names, as it may be shown."""
    if party is None:
        return None
    is_firm = party["id"].startswith("A-") and party.get("type") != "group"
    return party | {
        "name": party["name"] if is_firm else name(party["name"] or ""),
        "address": party["address"] if is_firm else address(party["address"] or {}),
    }


def _possible(found: Row) -> Row:
    masked = {"other_id": found["other_id"]}
    if "certainty" in found:
        masked |= {k: found[k] for k in ("certainty", "probability")}
        masked["name"] = name(found["name"] or "") or None
        masked["blocks"] = mask_blocks(found["blocks"])
    return masked


def _shown(column: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if column in _PARTIES:
        return mask_party(value)
    if is_money(column):
        return amount(value)
    if column == "attributes" and isinstance(value, dict):
        return {term: amount(held) if is_money(term) else None for term, held in value.items()}
    if column in _LISTS and isinstance(value, list):
        return [mask_row(each) for each in value if isinstance(each, dict)]
    if value is None or column in _OPEN or isinstance(value, bool | int | float):
        return value
    return _text(column, value) if isinstance(value, str) else None


def _text(column: str, value: str) -> str | None:
    if column in _CHANGES:
        return _CHANGES[column](value)
    if column.endswith("_id"):
        return record_id(value)
    return value if _DAYS.fullmatch(value) and column not in _PERSONAL_DAYS else None
