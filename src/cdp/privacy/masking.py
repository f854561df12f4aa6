"""What a caller without the scope `pii:read` sees: the one place that decides it.

Invariant: a field that no rule names is hidden. A value that somebody adds to a document
tomorrow is therefore masked until a rule lets it through.

Each way to mask is of one class of personal data (`cdp.privacy.classes`); inside of `seeing` the
classes that a caller sees are shown as they are, whoever asks for a mask there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cdp.privacy.classes import is_money
from cdp.privacy.masking_scores import (
    amount,
    detail_of_score,
    reasons_of_score,
    value_of_score,
)
from cdp.privacy.seen import HIDDEN, of_class

T = TypeVar("T")
R = TypeVar("R")
Change = Callable[[T], R]
Row = Mapping[str, Any]
Rule = Callable[[Any, Row], Any]
TextChange = Callable[[str], str]

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\+?[\d\s().-]{7,}")


@of_class("contact")
def email(value: str) -> str:
    """Return the first letter and the domain: `j***@example.org`."""
    local, at, domain = value.rpartition("@")
    return f"{local[:1]}{HIDDEN}@{domain}" if at else HIDDEN


@of_class("contact")
def phone(value: str) -> str:
    """Return the last two digits: `***42`."""
    digits = re.sub(r"\D", "", value)
    return HIDDEN + digits[-2:] if len(digits) > 4 else HIDDEN  # noqa: PLR2004 - a phone is longer


@of_class("name")
def name(value: str) -> str:
    """Return the initials: `J. D.`."""
    return " ".join(f"{word[0]}." for word in _WORD.findall(value)) or HIDDEN


@of_class("birth_date")
def year(value: str) -> str:
    """Return the year of an ISO 8601 date."""
    return value[:4]


def record_id(value: str) -> str:
    """Return a source's id, masked where the source uses a contact point as key or in it."""
    source, colon, native = value.partition(":")
    if not colon:
        return _key(value)
    return f"{source}:{'|'.join(map(_key, native.split('|')))}"


@of_class("identifier")
def identifier(_: str) -> str:
    """Return that there is one: a national id, the number of a loyalty card."""
    return HIDDEN


@of_class("free_text")
def free_text(_: Any) -> None:  # noqa: ANN401 - JSON
    """Return nothing of what people wrote."""


def _key(part: str) -> str:
    """Return a part of a key, masked where it is a contact point."""
    if "@" in part:
        return email(part)
    return phone(part) if part.startswith("+") and _NUMBER.fullmatch(part) else part


@of_class("address")
def address(value: Row) -> Row:
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
    return changes.get(kind, identifier)(value)


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
    is_firm = str(row.get("other_id")).startswith("A-") and row.get("other_type") != "group"
    return value if is_firm else name(value)


def _of_firm(change: Callable[[Any], Any]) -> Rule:
    """Return the rule for what organisations show to everybody, but groups, as families, not."""
    return lambda value, row: change(value) if row.get("account_type") == "group" else value


def _title(value: str, row: Row) -> str | None:
    return record_id(value) if row.get("kind") in {"order", "cart", "quote"} else free_text(value)


def _facts(facts: Row, _: Row) -> Row:
    return {fact: amount(value) if is_money(fact) else value for fact, value in facts.items()}


def _kept(names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), _keep)


_PLACE = {"city", "state", "country"}
OPEN_ATTRIBUTES = (
    "title",
    "gender",
    "company",
    "job_title",
    "department",
    "language",
    "organisation_name",
    "website",
    "industry",
    "group_kind",
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
    "group_name": name,
    **dict.fromkeys(OPEN_ATTRIBUTES, _same),
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
            "last_seen_at"
        ),
        "facts": _facts,
        **dict.fromkeys(("full_name", "given_name", "middle_name", "family_name"), _by(name)),
        "birth_date": _by(year),
        "email": _by(email),
        "phone": _by(phone),
        "address": _by(address),
        **_INCLUDED,
        "roles": _nested("roles"),
    },
    "account": {
        **_kept(
            "account_id account_type group_kind group hierarchy inferred website industry language "
            "role status parent_account_id region record_count source_count source_names "
            "first_seen_at last_seen_at"
        ),
        "facts": _facts,
        "name": _of_firm(name),
        "address": _of_firm(address),
        "email": _by(email),
        "phone": _by(phone),
        **_INCLUDED,
        "roles": _nested("roles"),
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
    "scores": {
        **_kept(
            "score currency band decile status as_of method version model_version trained_at "
            "age_days"
        ),
        "value": value_of_score,
        "explanation": reasons_of_score,
        "detail": detail_of_score,
    },
    "segments": _kept("segment entered_at entered_run is_control control_of live entered_by as_of"),
    "roles": {**_kept("role scope valid_from valid_to"), "records": _RECORDS},
    "relationships": {
        **_kept("other_id other_type direction kind valid_from valid_to"),
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
    "quarantined": {
        **_kept(
            "quarantine_id source object seq reason field rules locator received_at corrections"
        ),
        "record_id": _RECORD,
        "native_id": lambda value, row: record_id(f"{row['source']}:{value}").partition(":")[2],
    },
    "correction": {
        **_kept("correction_id kind source object made_at undone_at actor undone_by"),
        "record_id": _RECORD,
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
    "detail": {
        **dict.fromkeys(("subject", "reference"), _by(free_text)),
        "amount": _by(amount),
        **_kept(
            "status channel currency type campaign trust_tier priority qualification phase "
            "probability close_on kind direction"
        ),
    },
}
