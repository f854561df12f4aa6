"""Country, time zone and language of telephone prefixes and countries, from the phone library.

Invariant: what is not sure is left out: a calling code of several countries gives the country of
the number itself, a country of several zones or languages gives none.
"""

from __future__ import annotations

import phonenumbers
import polars as pl
from phonenumbers import timezone

_LANGUAGES = """
AR es AT de AU en BG bg BR pt CL es CN zh CO es CZ cs DE de DK da EE et EG ar ES es FI fi FR fr
GB en GR el HR hr HU hu ID id IE en IL he IN hi IS is IT it JP ja KR ko LT lt LV lv MX es NL nl
NO no NZ en PE es PL pl PT pt RO ro RS sr RU ru SA ar SE sv SI sl SK sk TH th TR tr UA uk US en
VN vi
"""
# Countries of several zones, nearly all of whose people live in this one ...
_MAIN = {
    "CL": "America/Santiago",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "IT": "Europe/Rome",
    "NO": "Europe/Oslo",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
}
# ... and those whose people live in several.
_SEVERAL = frozenset({"AU", "BR", "CA", "CD", "ID", "KZ", "MN", "MX", "RU", "US"})
_PHONE = {
    "prefix": pl.String,
    "country": pl.String,
    "time_zone": pl.String,
}
_COUNTRY = {"country": pl.String, "time_zone": pl.String, "language": pl.String}
_UNKNOWN = "Etc/Unknown"


def of_phones(examples: pl.DataFrame) -> pl.DataFrame:
    """Return `prefix, country, time_zone` of each `prefix, example` (E.164); null: not sure."""
    rows = [(prefix, *_of_phone(example)) for prefix, example in examples.iter_rows()]
    return pl.DataFrame(rows, schema=_PHONE, orient="row")


def of_countries() -> pl.DataFrame:
    """Return `country, time_zone, language` of every country; null where it has several."""
    words = _LANGUAGES.split()
    languages = dict(zip(words[::2], words[1::2], strict=True))
    rows = [
        (country, _zone_of(country), languages.get(country))
        for country in sorted(phonenumbers.SUPPORTED_REGIONS)
    ]
    return pl.DataFrame(rows, schema=_COUNTRY, orient="row")


def _of_phone(example: str) -> tuple[str | None, str | None]:
    try:
        number = phonenumbers.parse(example, None)
    except phonenumbers.NumberParseException:
        return None, None
    country = phonenumbers.region_code_for_number(number)
    zones = timezone.time_zones_for_number(number)
    main = _MAIN.get(country or "")
    return country, main if main in zones else _only(zones)


def _zone_of(country: str) -> str | None:
    if country in _MAIN or country in _SEVERAL:
        return _MAIN.get(country)
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    return _only(timezone.time_zones_for_number(example)) if example else None


def _only(zones: tuple[str, ...]) -> str | None:
    return zones[0] if len(zones) == 1 and zones[0] != _UNKNOWN else None
