"""Identifiers in the one form that a platform matches them by, hashed where it wants them so.

Meta: customer information parameters of the Conversions API (no punctuation in names, digits of a
phone number without its plus, two letters of a country in lower case, all of them hashed). Google:
formatting guidelines of Customer Match (E.164 with the plus, no dots before @gmail.com, country and
postcode not hashed). Plain: lower case without spaces around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

if TYPE_CHECKING:
    from cdp.destinations import ExportColumn

_LOWER: Final = "lower(trim(v))"
_BARE: Final = r"regexp_replace(lower(trim(v)), '[\p{P}\p{S}\s]', '', 'g')"
_NAME: Final = r"trim(regexp_replace(lower(v), '[\p{P}\p{S}]', '', 'g'))"
_DIGITS: Final = "ltrim(regexp_replace(v, '[^0-9]', '', 'g'), '0')"
_DAY: Final = "strftime(v, '%Y%m%d')"
_NO_DOTS: Final = (
    "case when ends_with(v, '@gmail.com') or ends_with(v, '@googlemail.com') "
    "then replace(split_part(v, '@', 1), '.', '') || '@' || split_part(v, '@', 2) else v end"
)
_FORMS: Final[dict[str, dict[str, str]]] = {
    "profile_id": {"plain": "v"},
    "email": {"plain": "replace(lower(trim(v)), ' ', '')"},
    "phone": {"plain": "regexp_replace(v, '[^0-9+]', '', 'g')", "meta": _DIGITS},
    "given_name": {"plain": _LOWER, "meta": _NAME},
    "family_name": {"plain": _LOWER, "meta": _NAME},
    "gender": {"plain": _LOWER, "meta": "case v when 'female' then 'f' when 'male' then 'm' end"},
    "birth_date": {"plain": _DAY},
    "city": {"plain": _LOWER, "meta": _BARE},
    "state": {"plain": _LOWER, "meta": _BARE},
    "postcode": {
        "plain": "trim(v)",
        # of a code of the United States the first five digits, of any other all
        "meta": _BARE.replace("v)", r"regexp_replace(v, '^(\d{5})-\d{4}$', '\1'))"),
    },
    "country": {"plain": _LOWER, "google": "upper(trim(v))"},
}
_OF_CHANNEL: Final = {"email": "email", "sms": "phone", "phone": "phone"}


def shaped(value: exp.Expr, column: ExportColumn, channel: str | None) -> exp.Expr:
    """Return a value as the column asks for it: as it is, in its one form, or that form hashed."""
    if column.hash is None and column.form == "plain":
        return value
    kind = _OF_CHANNEL.get(channel or "", "") if column.field == "contact" else column.field
    forms = _FORMS.get(kind, {"plain": _LOWER})
    found = _filled(forms.get(column.form, forms["plain"]), value)
    keeps_dots = column.form != "google" if column.gmail_dots is None else column.gmail_dots
    if kind == "email" and not keeps_dots:
        found = _filled(_NO_DOTS, found)
    found = exp.func("nullif", found, exp.Literal.string(""))
    return exp.Anonymous(this="sha256", expressions=[found]) if column.hash else found


def _filled(template: str, value: exp.Expr) -> exp.Expr:
    """Return the template's expression with the value in the place of `v`."""
    tree = sqlglot.parse_one(template, dialect="duckdb")
    return tree.transform(
        lambda node: value.copy() if isinstance(node, exp.Column) and node.name == "v" else node
    )
