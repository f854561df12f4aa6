"""E-mail addresses, phone numbers, web sites."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)

from cdp.canonical.clean.outcome import Outcome, bad
from cdp.canonical.clean.places import clean_country

_NO_DIGIT: Final = re.compile(r"\D")
_TRUNK: Final = re.compile(r"^(\+\d{1,3})\s*\(0\)")
_LEAD: Final = re.compile(r"^[^\d+(]+")
_EXTENSION: Final = re.compile(r"(?:ext(?:ension|n)?|x|#|;ext=)\.?\s*\d{1,7}$", re.IGNORECASE)
_LETTER: Final = re.compile(r"[^\W\d_]")
_HOST: Final = re.compile(r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")
_LONGEST_URL: Final = 2048
_LENGTHS: Final = {
    ValidationResult.TOO_SHORT: "it is too short",
    ValidationResult.TOO_LONG: "it is too long",
    ValidationResult.INVALID_COUNTRY_CODE: "its country code does not exist",
    ValidationResult.INVALID_LENGTH: "its length does not exist in its country",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "it lacks its area code",
}


def clean_email(text: str, hint: str = "") -> Outcome:
    """Return the address in lower case, without a name around it.

    Syntax only: no mail server is asked. Lower case on both sides of the @ follows practice,
    not RFC 5321, because no large provider tells addresses apart by case.
    """
    del hint
    stripped = text.strip().strip(";,").removeprefix("mailto:").strip()
    if "<" in stripped:
        stripped = parseaddr(stripped)[1] or stripped
    try:
        found = validate_email(stripped, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        return bad("invalid_email", f"no e-mail address: {error}")
    return Outcome(found.normalized.lower())


def clean_phone(text: str, hint: str = "") -> Outcome:
    """Return the number in E.164, read as one of the country in `hint` unless it begins with +.

    A number of a possible length is kept although its range may not be assigned: sources hold
    such numbers, and whether one is a placeholder is seen from how many share it.
    """
    region = clean_country(hint).value
    digits = _EXTENSION.sub("", _LEAD.sub("", text.strip()))
    if _LETTER.search(digits):
        # The library would read them as keys of a telephone: a remark would become a number.
        return bad("invalid_phone", "no phone number: letters are among its digits")
    digits = _TRUNK.sub(r"\1", digits)
    try:
        number = parse(digits, region)
    except NumberParseException:
        return bad("invalid_phone", f"no phone number of {region or 'any country'}")
    possible = is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        return bad("invalid_phone", f"no phone number of {region}: {_LENGTHS[possible]}")
    if number.national_number == 0 and digits.startswith("+"):
        # Nothing but zeros: the library takes one more of them for a prefix at each reading.
        return Outcome("+" + _NO_DIGIT.sub("", digits))
    said = format_number(number, PhoneNumberFormat.E164)
    if said != text and said.startswith(f"+{number.country_code}0"):
        # Of zeros before a number the library drops one at each reading, where none belong there.
        return clean_phone(said, hint)
    return Outcome(said)


def clean_url(text: str, hint: str = "") -> Outcome:
    """Return the address of a web site with scheme and with its host in lower case."""
    del hint
    stripped = text.strip()
    whole = stripped if "://" in stripped else f"https://{stripped}"
    try:
        parts = urlsplit(whole)
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return bad("invalid_url", "no web address")
    if parts.scheme.lower() not in {"http", "https"} or not _HOST.match(host):
        return bad("invalid_url", "no web address: expected http(s)://host or a host name")
    rest = parts._replace(scheme=parts.scheme.lower(), netloc=host + port).geturl()
    if len(rest) > _LONGEST_URL or any(c.isspace() for c in rest):
        return bad("invalid_url", "no web address: too long, or it has blanks in it")
    return Outcome(rest.rstrip("/"))


def clean_domain(text: str, hint: str = "") -> Outcome:
    """Return the host name of a web site or e-mail address, without www."""
    found = clean_url(text.rpartition("@")[2], hint)
    if found.value is None:
        return bad("invalid_domain", "no host name")
    return Outcome((urlsplit(found.value).hostname or "").removeprefix("www."))
