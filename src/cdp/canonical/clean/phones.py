"""Phone numbers that are plain, by whole columns, from the metadata of `phonenumbers`.

Invariant: a number comes out as `clean_phone` gives it, or not at all. Plain is digits with the
usual marks between them, in the international form or with the national prefix of the country;
the steps are those of `parse`, `maybe_strip_national_prefix` and `is_possible_number`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from cdp.canonical.clean.places import clean_country

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata as Metadata

_PLAIN: Final = r"^[+(]?[0-9][0-9 ()/.\-]*$"
_NOT_DIGITS: Final = r"[^0-9]+"
_WORLD: Final = "001"


def plain_phones(texts: pl.Series, hint: str) -> pl.Series:
    """Return each plain number in E.164, null where it is left to the library."""
    plain = texts.set(~texts.str.contains(_PLAIN) | texts.str.contains("(0)", literal=True), None)
    digits = plain.str.replace_all(_NOT_DIGITS, "")
    abroad = plain.str.starts_with("+")
    local = _national(digits.set(abroad.fill_null(value=True), None), clean_country(hint).value)
    return _international(digits.set(~abroad.fill_null(value=False), None)).fill_null(local)


def _international(digits: pl.Series) -> pl.Series:
    codes = digits.str.extract(_codes())
    found = pl.repeat(None, len(digits), dtype=pl.String, eager=True)
    for code in codes.drop_nulls().unique().sort().to_list():
        metadata = _main(int(code))
        if metadata is None:
            continue
        own = digits.set(codes.ne_missing(code), None)
        rest = own.str.slice(len(code))
        stripped = metadata.national_prefix_for_parsing
        fits = _fits(rest, metadata)
        if stripped is not None:
            fits &= ~rest.str.contains(f"^(?:{stripped})")
        found = found.fill_null(("+" + own).set(~fits.fill_null(value=False), None))
    return found


def _national(digits: pl.Series, region: str | None) -> pl.Series:
    """Return numbers that begin with the national prefix of the region."""
    metadata = PhoneMetadata.metadata_for_region(region or "", None)
    nothing = pl.repeat(None, len(digits), dtype=pl.String, eager=True)
    if metadata is None or not metadata.national_prefix or not metadata.country_code:
        return nothing
    prefix, code = metadata.national_prefix, metadata.country_code
    main, described = _main(code), metadata.general_desc
    parsing = metadata.national_prefix_for_parsing or ""
    is_simple = not metadata.national_prefix_transform_rule and not re.compile(parsing).groups
    if main is None or described is None or not is_simple or prefix.startswith(str(code)):
        return nothing
    rest = digits.str.strip_prefix(prefix)
    fits = (digits.str.extract(f"^({parsing})") == prefix) & ~rest.str.starts_with("0")
    fits &= ~digits.str.contains(f"^(?:{metadata.international_prefix})")
    fits &= ~digits.str.starts_with(str(code))
    fits &= ~digits.str.contains(f"^(?:{described.national_number_pattern})$")
    fits &= _fits(rest, metadata) & _fits(rest, main)
    return (f"+{code}" + rest).set(~fits.fill_null(value=False), None)


def _fits(rest: pl.Series, metadata: Metadata) -> pl.Series:
    """Return whether a national number has a length that exists in its country."""
    described = metadata.general_desc
    lengths = [length for length in described.possible_length if length > 0] if described else []
    return rest.str.len_bytes().is_in(lengths)


@cache
def _main(code: int) -> Metadata | None:
    """Return the metadata that the lengths of a country code are checked against."""
    region = COUNTRY_CODE_TO_REGION_CODE[code][0]
    found: Metadata | None = (
        PhoneMetadata.metadata_for_nongeo_region(code, None)
        if region == _WORLD
        else PhoneMetadata.metadata_for_region(region, None)
    )
    return found


@cache
def _codes() -> str:
    """Return the pattern of a country code at the start of a number; none begins another."""
    codes = sorted(COUNTRY_CODE_TO_REGION_CODE, key=str)
    return f"^({'|'.join(re.escape(str(code)) for code in codes)})"
