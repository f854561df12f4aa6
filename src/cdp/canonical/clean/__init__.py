"""One function for each type of value: text in, the clean value or a reason out.

A cleaner is pure, never raises on bad input, and cleaning a clean value changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.canonical.clean.contacts import clean_domain, clean_email, clean_phone, clean_url
from cdp.canonical.clean.moments import clean_birth_date, clean_day, clean_moment
from cdp.canonical.clean.numbers import clean_boolean, clean_decimal, clean_integer
from cdp.canonical.clean.outcome import Outcome
from cdp.canonical.clean.places import clean_country, clean_currency, clean_language
from cdp.canonical.clean.words import (
    clean_gender,
    clean_key,
    clean_name,
    clean_object,
    clean_raw,
    clean_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable


CLEANERS: Final[dict[str, Callable[[str, str], Outcome]]] = {
    "raw": clean_raw,
    "text": clean_text,
    "post": clean_text,
    "code": clean_text,
    "name": clean_name,
    "gender": clean_gender,
    "json": clean_object,
    "tax_id": clean_key,
    "national_id": clean_key,
    "loyalty_id": clean_key,
    "date": clean_birth_date,
    "day": clean_day,
    "moment": clean_moment,
    "decimal": clean_decimal,
    "integer": clean_integer,
    "boolean": clean_boolean,
    "email": clean_email,
    "phone": clean_phone,
    "url": clean_url,
    "domain": clean_domain,
    "country": clean_country,
    "currency": clean_currency,
    "language": clean_language,
}

__all__ = ["CLEANERS", "Outcome"]
