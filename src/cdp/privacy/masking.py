"""What a caller without the scope `pii:read` sees: the one place that decides it.

Invariant: a field that no rule names is hidden. A value that somebody adds to a document
tomorrow is therefore masked until a rule lets it through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Rule = Callable[[Any, Row], Any]
TextChange = Callable[[str], str]

HIDDEN = "***"
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\+?[\d\s().-]{7,}")


def email(value: str) -> str:
    """Return the first letter and the domain: `j***@example.org`."""
    local, at, domain = value.rpartition("@")
    return f"{local[:1]}{HIDDEN}@{domain}" if at else HIDDEN


def phone(value: str) -> str:
    """Return the last two digits: `***42`."""
    digits = re.sub(r"\D", "", value)
    return HIDDEN + digits[-2:] if len(digits) > 4 else HIDDEN  # noqa: PLR2004 - a phone is longer


def name(value: str) -> str:
    """Return the initials: `J. D.`."""
    return " ".join(f"{word[0]}." for word in _WORD.findall(value)) or HIDDEN


def year(value: str) -> str:
    """Return the year of an ISO 8601 date."""
    return value[:4]


def record_id(value: str) -> str:
    """Return a source's id, the native part masked where the source uses a contact point."""
    source, colon, native = value.partition(":")
    if "@" in native:
        return f"{source}:{email(native)}"
    if native.startswith("+") and _NUMBER.fullmatch(native):
        return f"{source}:{phone(native)}"
    return value if colon or "@" not in value else email(value)


def address(value: Row) -> dict[str, Any]:
    """Return the address with city, state and country only."""
    return {part: value.get(part) if part in _PLACE else None for part in value}


def mask(kind: str, document: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """Return a document of this kind (`profile`, `origins`, ...) without what identifies a person.

    The shape stays: hidden fields are null. A list is masked row by row; what a profile
    includes is masked by the rules of its own kind.
    """
    if document is None:
        return None
    if isinstance(document, list):
        return [mask(kind, row) for row in document]
    rules = RULES[kind]
    return {field: _masked(rules.get(field), value, document) for field, value in document.items()}


def _masked(rule: Rule | None, value: Any, row: Row) -> Any:  # noqa: ANN401 - JSON
    return None if rule is None or value is None else rule(value, row)


def _same(value: str) -> str:
    return value


def _keep(value: Any, _: Row) -> Any:  # noqa: ANN401 - JSON
    return value


def _by(change: Callable[[Any], Any]) -> Rule:
    return lambda value, _: change(value)


def _each(change: Callable[[Any], Any]) -> Rule:
    return lambda values, _: [change(value) for value in values]


def _nested(kind: str) -> Rule:
    return lambda value, _: mask(kind, value)


def _identifier(value: str, row: Row) -> str:
    changes: dict[str, TextChange] = {
        "email": email,
        "phone": phone,
        "source": record_id,
        "domain": _same,
    }
    kind = str(row.get("kind") or row.get("contact_kind"))
    return changes[kind](value) if kind in changes else HIDDEN


def _attribute(value: str, row: Row) -> str:
    attribute = str(row.get("attribute"))
    return ATTRIBUTE_RULES[attribute](value) if attribute in ATTRIBUTE_RULES else HIDDEN


def _losers(values: list[Row], row: Row) -> list[Any]:
    attribute = row.get("attribute")
    return [mask("origin_loser", {"attribute": attribute} | dict(loser)) for loser in values]


def _address_text(value: str) -> str:
    try:
        parts = json.loads(value)
    except ValueError:
        return HIDDEN
    return json.dumps(address(parts)) if isinstance(parts, dict) else HIDDEN


def _other_name(value: str, row: Row) -> str:
    return value if str(row.get("other_id")).startswith("A-") else name(value)


def _title(value: str, row: Row) -> str | None:
    return record_id(value) if row.get("kind") in {"order", "cart", "quote"} else None


def _kept(names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), _keep)


_PLACE = {"city", "state", "country"}
_OPEN_ATTRIBUTES = (
    "title",
    "gender",
    "company",
    "job_title",
    "department",
    "language",
    "organisation_name",
    "website",
    "industry",
    "role",
    "region",
    "status",
)
_SUB_DOCUMENTS = (
    "timeline",
    "identifiers",
    "sources",
    "origins",
    "consents",
    "scores",
    "segments",
    "relationships",
    "possible",
    "explain",
    "history",
)
ATTRIBUTE_RULES: dict[str, TextChange] = {
    **dict.fromkeys(("given_name", "middle_name", "family_name", "full_name"), name),
    **dict.fromkeys(_OPEN_ATTRIBUTES, _same),
    "birth_date": year,
    "address": _address_text,
    "email": email,
    "phone": phone,
}
_RECORD, _RECORDS = _by(record_id), _each(record_id)
_INCLUDED: dict[str, Rule] = {sub: _nested(sub) for sub in _SUB_DOCUMENTS}
RULES: dict[str, dict[str, Rule]] = {
    "profile": {
        **_kept(
            "profile_id profile_type household inferred title gender language company job_title "
            "account_id status region record_count source_count source_names first_seen_at "
            "last_seen_at facts"
        ),
        **dict.fromkeys(("full_name", "given_name", "middle_name", "family_name"), _by(name)),
        "birth_date": _by(year),
        "email": _by(email),
        "phone": _by(phone),
        "address": _by(address),
        **_INCLUDED,
    },
    "account": {
        **_kept(
            "account_id name group inferred website industry language address role status "
            "parent_account_id region record_count source_count source_names first_seen_at "
            "last_seen_at facts"
        ),
        "email": _by(email),
        "phone": _by(phone),
        **_INCLUDED,
    },
    "identifiers": {
        **_kept("kind seen_at verified blocked"),
        "value": _identifier,
        "records": _RECORDS,
    },
    "sources": {
        **_kept("source object trust_tier region changed_at"),
        "record_id": _RECORD,
        "native_id": _RECORD,
    },
    "origins": {
        **_kept("attribute source trust_tier seen_at rule"),
        "value": _attribute,
        "record_id": _RECORD,
        "losers": _losers,
    },
    "origin_loser": {
        **_kept("attribute source trust_tier seen_at rule"),
        "value": _attribute,
        "record_id": _RECORD,
    },
    "consents": {
        **_kept("contact_kind channel purpose category state rule source given_at best"),
        "contact_value": _identifier,
        "consent_id": _RECORD,
        "losers": _nested("consent_loser"),
    },
    "consent_loser": {**_kept("source state given_at"), "consent_id": _RECORD},
    "scores": _kept("score value band as_of method version explanation"),
    "segments": _kept("segment entered_at entered_run"),
    "relationships": {
        **_kept("other_id direction kind valid_from valid_to"),
        "other_name": _other_name,
        "records": _RECORDS,
    },
    "possible": _kept("other_id"),
    "history": _kept("event other_id run_id records at"),
    "explain": {
        "records": _RECORDS,
        "joined_by": _nested("edge"),
        "kept_apart": _nested("edge"),
        "members": _nested("membership"),
    },
    "membership": {
        **_kept("mean_weight ties"),
        "record_id": _RECORD,
        "strongest": _nested("membership_tie"),
    },
    "membership_tie": {**_kept("match_weight decided_by"), "record_id": _RECORD},
    "comparison": {
        **_kept("is_one decided_by tie"),
        "one": _nested("compared"),
        "other": _nested("compared"),
        "edges": _nested("edge"),
        "path": _nested("edge"),
        "weakest": _nested("edge"),
        "decisions": _nested("said"),
    },
    "compared": {
        **_kept("profile_id entity_type compared"),
        "reference": _RECORD,
        "record": _RECORD,
        "members": _RECORDS,
    },
    "said": _kept("decision_id verdict pairs actor decided_at"),
    "review": {
        **_kept(
            "item_id place direction entity_type profile_id other_id match_weight scored "
            "pooled_weight chance uncertainty records orders consents worth status decision_id"
        ),
        **dict.fromkeys(("name", "other_name"), _by(name)),
        **dict.fromkeys(("record_l", "record_r"), _RECORD),
        **dict.fromkeys(("side_l", "side_r"), _RECORDS),
    },
    "decision": {
        **_kept("decision_id action item_id pairs actor decided_at status undone_at undone_by"),
        "subject": _RECORDS,
        "facts": _nested("fact"),
    },
    "fact": {**_kept("verdict"), "record_l": _RECORD, "record_r": _RECORD},
    "edge": {
        **_kept("other_id match_weight probability innocent innocent_share decided decided_by"),
        "record_l": _RECORD,
        "record_r": _RECORD,
        "weights": _nested("weight"),
    },
    "weight": _kept("comparison level weight"),
    "timeline": {
        **_kept("at kind source"),
        "id": _RECORD,
        "title": _title,
        "detail": _nested("detail"),
    },
    "detail": _kept(
        "status channel currency amount type campaign trust_tier priority qualification phase "
        "probability close_on kind direction"
    ),
}
