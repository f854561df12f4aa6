"""Formats that a value can be asked for, each decided by a library that knows it well.

A format is asked of distinct values, each with the country that it is read in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers.geodata.locale import LOCALE_DATA
from stdnum import bic, ean, iban, imei, isbn, issn, lei, luhn, vatin

from cdp.model.codes import CURRENCIES, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

_HOST: Final = re.compile(
    r"(?=.{1,253}$)([^\W_]([\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}|\d+(\.\d+){3}"
)
_LOCALE: Final = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z]{4})?(?:[-_]([A-Za-z]{2}))?")
_POSTCODES: Final = {
    **dict.fromkeys(("DE", "ES", "FR", "IT", "FI", "TR", "UA", "HR"), r"\d{5}"),
    **dict.fromkeys(("AT", "BE", "BG", "CH", "DK", "HU", "LU", "NO", "SI", "AU", "NZ"), r"\d{4}"),
    **dict.fromkeys(("CZ", "GR", "SE", "SK"), r"\d{3} ?\d{2}"),
    "US": r"\d{5}(-\d{4})?",
    "CA": r"[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d",
    "GB": r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}",
    "IE": r"[A-Za-z]\d[\dWw] ?[A-Za-z\d]{4}",
    "NL": r"\d{4} ?[A-Za-z]{2}",
    "PL": r"\d{2}-\d{3}",
    "PT": r"\d{4}-\d{3}",
    "RO": r"\d{6}",
    "JP": r"\d{3}-?\d{4}",
}
_ANY_POSTCODE: Final = r"[A-Za-z\d][A-Za-z\d -]{1,9}"


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write values.

    Attributes:
        expected: what it is, as in "is no ...".
        holds: whether a value is written so, read in a country (ISO 3166-1 alpha-2).
    """

    expected: str
    holds: Callable[[str, str], bool]


def _email(value: str, _: str) -> bool:
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _phone(value: str, country: str) -> bool:
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)


def _url(value: str, _: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = str(parts.port)
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and bool(_HOST.fullmatch(host)) and " " not in value


def _vat(value: str, country: str) -> bool:
    return bool(vatin.is_valid(value)) or bool(vatin.is_valid(country + value))


def _uuid(value: str, _: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _language(value: str, _: str) -> bool:
    found = _LOCALE.fullmatch(value)
    return (
        found is not None
        and found[1].lower() in LANGUAGES
        and (found[2] is None or found[2].upper() in LOCALE_DATA)
    )


def _postcode(value: str, country: str) -> bool:
    return re.fullmatch(_POSTCODES.get(country, _ANY_POSTCODE), value) is not None


def _by(is_valid: Callable[[str], object]) -> Callable[[str, str], bool]:
    return lambda value, _: bool(is_valid(value))


FORMATS: Final[dict[str, Format]] = {
    "email": Format("e-mail address", _email),
    "phone": Format("phone number", _phone),
    "url": Format("address of a web page", _url),
    "iban": Format("IBAN", _by(iban.is_valid)),
    "bic": Format("BIC", _by(bic.is_valid)),
    "vat": Format("VAT number", _vat),
    "lei": Format("legal entity identifier", _by(lei.is_valid)),
    "gtin": Format("GTIN", _by(ean.is_valid)),
    "isbn": Format("ISBN", _by(isbn.is_valid)),
    "issn": Format("ISSN", _by(issn.is_valid)),
    "imei": Format("IMEI", _by(imei.is_valid)),
    "luhn": Format("number with a Luhn check digit", _by(luhn.is_valid)),
    "country": Format(
        "country code (ISO 3166-1 alpha-2)", lambda value, _: value.upper() in LOCALE_DATA
    ),
    "currency": Format("currency code (ISO 4217)", lambda value, _: value.upper() in CURRENCIES),
    "language": Format("language code (ISO 639-1) or locale", _language),
    "postcode": Format("postcode of its country", _postcode),
    "uuid": Format("UUID", _uuid),
}
