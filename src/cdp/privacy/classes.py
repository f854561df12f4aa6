"""Classes of personal data: what roles name when they say what is seen unmasked."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

FieldClass = Literal[
    "name", "contact", "birth_date", "address", "identifier", "free_text", "financial"
]
CLASSES: dict[FieldClass, str] = {
    "name": "names of persons and families",
    "contact": "e-mail addresses, phone numbers, and keys of records that hold them",
    "birth_date": "dates of birth; masked: the year",
    "address": "street and postcode; masked: city, state and country stay",
    "identifier": "other identifiers, such as a national id or a number of a loyalty card",
    "free_text": "what people wrote: subjects, references, proofs, reasons",
    "financial": "amounts of orders, carts, quotes, revenue; credit and terms of payment",
}
EVERY: frozenset[str] = frozenset(get_args(FieldClass))
BY_DEFAULT: frozenset[str] = frozenset()
"""What a key without roles sees unmasked, where it lacks the scope pii:read: nothing."""

_MONEY: Final = re.compile(
    r"(^|_)(amount|average_basket|budget|cost|credit|discount|dunning|incoterms|margin|payment|price"
    r"|revenue|spend|tax|terms|total|turnover)(_|$)"
)


def is_money(field: str) -> bool:
    """Whether a field, by its name, is of the class `financial`: an amount, a term of payment."""
    return _MONEY.search(field) is not None
