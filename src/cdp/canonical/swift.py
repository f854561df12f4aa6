"""Clean values that are plain, in SQL: what a cleaner would give without a look at each value.

Invariant: an expression gives what the cleaner of its type gives, or null where the value is not
plain; what is not plain goes to the cleaner. Shared parts are written out once and never changed.
"""

from __future__ import annotations

from typing import Final

import sqlglot
from sqlglot import exp

from cdp.canonical.compile import null, text

# Letters that no normalisation (NFC) changes: ASCII, Latin-1 and Latin Extended-A and -B.
_LETTER: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_DAY: Final = r"[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
# Domains that no mail can be sent to, and spellings of others in ASCII: the library knows them.
_ODD_DOMAINS: Final = r"(--|\.(arpa|invalid|local|localhost|onion|test)$)"
_NAME: Final = (
    "case when regexp_full_match(:value, :pattern) and length(:value) <= 200 then :value end"
)
_SAME: Final = "case when regexp_full_match(:value, :pattern) then :value end"
_EMAIL: Final = """
case when regexp_full_match(:value, :pattern) and length(:value) <= 64
    and not regexp_matches(lower(:value), :odd)
    then lower(:value) end
"""
_DATE: Final = """
case when regexp_full_match(:value, :pattern) then try_cast(:value as date)::varchar end
"""
_BIRTH: Final = """
case when regexp_full_match(:value, :pattern) and :value >= '1880-01-01'
    and :value <= split_part(:hint, ' ', 3)
    then try_cast(:value as date)::varchar end
"""
_MOMENT: Final = """
case when regexp_full_match(:value, :pattern)
    then try_cast(left(:value, 10) as date)::varchar || ' ' || substring(:value, 12, 8) end
"""
_OBJECT: Final = """
case when left(:value, 1) = '{' and json_valid(:value) then :value end
"""
_TEXT: Final = f"[!-~{_LETTER[6:]}]+( [!-~{_LETTER[6:]}]+)*"
_PATTERNS: Final = {
    "text": (_SAME, _TEXT),
    "post": (_SAME, _TEXT),
    "code": (_SAME, _TEXT),
    "name": (_NAME, f"[{_LETTER}]([{_LETTER}'.-]| [{_LETTER}'.-])*"),
    "email": (
        _EMAIL,
        r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}",
    ),
    "day": (_DATE, _DAY),
    "date": (_BIRTH, _DAY),
    "decimal": (_SAME, r"(0|[1-9]\d{0,13})(\.\d{1,6})?"),
    "integer": (_SAME, r"0|[1-9]\d{0,13}"),
    "json": (_OBJECT, ""),
}


def plain(type_: exp.Expr, hint: exp.Expr, value: exp.Expr) -> exp.Expr:
    """Return the clean value of a plain value, null where it is left to the cleaner."""
    if not isinstance(type_, exp.Literal):
        return null()
    name = str(type_.this)
    if name == "raw":
        return value
    if name == "moment":
        is_utc = isinstance(hint, exp.Literal) and str(hint.this).startswith("UTC ")
        return _filled(_MOMENT, f"{_DAY}[T ]{_CLOCK}Z{'?' if is_utc else ''}", hint, value)
    if name not in _PATTERNS:
        return null()
    template, pattern = _PATTERNS[name]
    return _filled(template, pattern, hint, value)


def _filled(template: str, pattern: str, hint: exp.Expr, value: exp.Expr) -> exp.Expr:
    tree = sqlglot.parse_one(template, dialect="duckdb")
    return exp.replace_placeholders(
        tree, value=value, pattern=text(pattern), hint=hint, odd=text(_ODD_DOMAINS)
    )
