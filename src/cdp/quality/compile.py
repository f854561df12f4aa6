"""Rules compiled to SQL: one statement takes the fields out of the payloads, one a rule judges.

Invariant: what a file says reaches the database as bound values or as literals that sqlglot
writes; a judging statement lists the versions that do not keep its rule, each once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

from cdp.model.paths import NATIVE_ID, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.quality.plan import Object, Rule
    from cdp.quality.rules import Bound, Check, When

# Dates as ISO 8601 writes them, as eight digits, and as SAP does in JSON: /Date(ms)/.
_MOMENT: Final = """
coalesce(
    case when regexp_full_match(value, '[0-9]{8}') then try_strptime(value, '%Y%m%d') end,
    try_cast(try_cast(value as timestamptz) at time zone 'UTC' as timestamp),
    epoch_ms(try_cast(regexp_extract(value, '^/Date\\((-?[0-9]+)', 1) as bigint))
)
"""
_NUMBER: Final = "try_cast(value as decimal(38, 9))"
_FAILS: Final = {
    "required": "value is null",
    "pattern": "not regexp_full_match(value, $pattern)",
    "allowed": "not list_contains($allowed, value)",
    "length": "length(value) < $low or length(value) > $high",
    "format": """
        exists (
            select 1
            from temp.quality_format as f
            where f.format = $format and f.country = w.country and f.value = w.value
                and not f.holds
        )
    """,
}
_MOST: Final = 1 << 31


@dataclass(slots=True)
class Reading:
    """The fields of an object that its rules look at, as columns of a private table."""

    place: Object
    number: int
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The private table."""
        return f"temp.quality_read_{self.number}"

    def column(self, path: str) -> str:
        """Return the column that holds the field at this path."""
        return self.columns.setdefault(path, f"c{len(self.columns)}")

    def sql(self) -> str:
        """Return the SELECT that takes the fields out of the versions that are looked at."""
        found = [exp.alias_(_taken(path), name) for path, name in self.columns.items()]
        own = ("t.seq", "t.native_id", "t.received_at", "t.is_held", "t.first_seq")
        source, name = self.place
        return (
            exp.select(*own, *found)
            .from_("temp.quality_payload as t")
            .where(exp.column("source", "t").eq(exp.Literal.string(source)))
            .where(exp.column("object", "t").eq(exp.Literal.string(name)))
            .sql("duckdb")
        )


def _taken(path: str) -> exp.Expr:
    """Return a field as text without blanks around it, null where it is empty; a list as one."""
    if path == NATIVE_ID:
        return exp.column("native_id", "t")
    parsed = parse(path)
    where = exp.Literal.string(parsed.json)
    found = exp.Anonymous(
        this="json_extract_string", expressions=[exp.column("payload", "t"), where]
    )
    if not parsed.many:
        return _filled(found)
    each = _filled(exp.column("x"))
    lambda_ = exp.Lambda(this=each, expressions=[exp.to_identifier("x")])
    return exp.Anonymous(this="list_transform", expressions=[found, lambda_])


def _filled(value: exp.Expr) -> exp.Expr:
    trimmed = exp.Anonymous(this="trim", expressions=[value])
    return exp.Anonymous(this="nullif", expressions=[trimmed, exp.Literal.string("")])


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT with the values to bind."""

    sql: str
    values: dict[str, object]


def judging(rule: Rule, place: int, reading: Reading, country: str) -> Select:
    """Return what judges a rule that looks at one record alone: seq, place, original."""
    check = _check(rule)
    predicate, values = _predicate(rule, check)
    rows = exp.select("w.seq", exp.alias_(exp.Literal.number(place), "place"), "w.value")
    judged = (
        rows.from_(_rows(rule, check, reading, country).subquery("w"))
        .where(sqlglot.parse_one(predicate, dialect="duckdb"))
        .subquery("bad")
    )
    once = exp.select("seq", "place", "min(value) as original").from_(judged)
    return Select(once.group_by("seq", "place").sql("duckdb"), values)


def asked(rule: Rule, reading: Reading, country: str) -> Select:
    """Return the values that a rule asks a format of, each once with its country."""
    check = _check(rule)
    rows = _rows(rule, check, reading, country).subquery("w")
    values = exp.select("$format as format", "w.country", "w.value").distinct().from_(rows)
    return Select(values.where("w.value is not null").sql("duckdb"), {"format": check.format})


def keys(rule: Rule, place: int, reading: Reading) -> Select:
    """Return what the held records have in the fields of a rule that looks at several records."""
    strip = bool(rule.check and rule.check.refers_to and rule.check.refers_to.strip_zeros)
    found = _keys(rule.fields, place * 2, reading, strip=strip)
    when = rule.check.when if rule.check else None
    return Select((found.where(_applies(when, reading)) if when else found).sql("duckdb"), {})


def keys_led_to(rule: Rule, place: int, reading: Reading) -> Select:
    """Return the keys of the held records that a reference leads to."""
    assert rule.target is not None  # noqa: S101 - the caller asks references alone
    strip = bool(rule.check and rule.check.refers_to and rule.check.refers_to.strip_zeros)
    return Select(_keys((rule.target[1],), place * 2 + 1, reading, strip=strip).sql("duckdb"), {})


def _keys(fields: tuple[str, ...], number: int, reading: Reading, *, strip: bool) -> exp.Select:
    columns = [exp.column(reading.column(path), "r") for path in fields]
    value: exp.Expr = columns[0]
    if len(columns) > 1:
        listed = exp.Anonymous(this="to_json", expressions=[exp.Array(expressions=columns)])
        value = exp.cast(listed, "varchar")
    if strip:
        bare = exp.Anonymous(this="ltrim", expressions=[value, exp.Literal.string("0")])
        value = exp.Coalesce(
            this=exp.Anonymous(this="nullif", expressions=[bare, exp.Literal.string("")]),
            expressions=[value],
        )
    are_filled = [exp.Not(this=exp.Is(this=c.copy(), expression=exp.Null())) for c in columns]
    return (
        exp.select(
            exp.alias_(exp.Literal.number(number), "number"),
            exp.alias_(value, "value"),
            "r.seq",
            "r.native_id",
            "r.first_seq",
        )
        .from_(f"{reading.table} as r")
        .where("r.is_held", *are_filled)
    )


def _check(rule: Rule) -> Check:
    assert rule.check is not None  # noqa: S101 - rules of several fields are judged by their keys
    return rule.check


def _rows(rule: Rule, check: Check, reading: Reading, country: str) -> exp.Select:
    """Return one row for each value that a rule speaks of, or one without a value."""
    path = rule.fields[0]
    value: exp.Expr = exp.column(reading.column(path), "r")
    if path != NATIVE_ID and parse(path).many:
        whole = exp.Anonymous(this="list_filter", expressions=[value, _is_filled_element()])
        nothing = exp.Anonymous(this="len", expressions=[whole]).eq(0)
        empty = exp.Array(expressions=[exp.cast(exp.Null(), "varchar")])
        listed = exp.Case().when(exp.or_(whole.is_(exp.Null()), nothing), empty).else_(whole)
        value = exp.Anonymous(this="unnest", expressions=[listed])
    rows = exp.select(
        "r.seq", "r.received_at", exp.alias_(value, "value"), _country(check, reading, country)
    ).from_(f"{reading.table} as r")
    return rows.where(_applies(check.when, reading)) if check.when else rows


def _is_filled_element() -> exp.Expr:
    is_filled = exp.Not(this=exp.Is(this=exp.column("x"), expression=exp.Null()))
    return exp.Lambda(this=is_filled, expressions=[exp.to_identifier("x")])


def _country(check: Check, reading: Reading, country: str) -> exp.Expr:
    own: exp.Expr = exp.Literal.string(country)
    if check.country is not None:
        said = exp.Anonymous(
            this="upper", expressions=[exp.column(reading.column(check.country), "r")]
        )
        own = exp.Coalesce(this=said, expressions=[own])
    return exp.alias_(own, "country")


def _applies(when: When, reading: Reading) -> exp.Expr:
    value = exp.column(reading.column(when.field), "r")
    if when.filled is not None:
        is_null = exp.Is(this=value, expression=exp.Null())
        return exp.Not(this=is_null) if when.filled else is_null
    wanted = when.is_ if isinstance(when.is_, tuple) else (when.is_,)
    return value.isin(*(exp.Literal.string(as_text(one)) for one in wanted))


def _predicate(rule: Rule, check: Check) -> tuple[str, dict[str, object]]:
    """Return the condition under which a value does not keep a rule, and its values."""
    if rule.kind == "range":
        return _range(check)
    values: dict[str, object] = {}
    if rule.kind == "pattern":
        values = {"pattern": check.pattern}
    elif rule.kind == "allowed":
        values = {"allowed": [as_text(one) for one in check.allowed or ()]}
    elif rule.kind == "length":
        values = {"low": check.min_length or 0, "high": check.max_length or _MOST}
    elif rule.kind == "format":
        values = {"format": check.format}
    return _FAILS[rule.kind], values


def as_text(value: object) -> str:
    """Return a value of a file as JSON writes it, text without quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _range(check: Check) -> tuple[str, dict[str, object]]:
    bounds = [b for b in (check.min, check.max) if b is not None]
    is_number = all(isinstance(b, int | float) for b in bounds)
    read = _NUMBER if is_number else _MOMENT
    tests, values = [f"{read} is null"], {}
    for name, bound, sign in (("low", check.min, "<"), ("high", check.max, ">")):
        if bound is None:
            continue
        if bound == "arrival":
            # The day is still running somewhere on earth when it is over in UTC.
            tests.append(f"{read} > received_at + interval 14 hour")
        else:
            tests.append(f"{read} {sign} {_cast(bound, name)}")
            values[name] = _bindable(bound)
    return f"value is not null and ({' or '.join(tests)})", values


def _cast(bound: Bound, name: str) -> str:
    if isinstance(bound, int | float):
        return f"${name}::decimal(38, 9)"
    if isinstance(bound, datetime) or name == "low":
        return f"${name}::timestamp"
    # A last day is meant with all its hours.
    return f"${name}::timestamp + interval 1 day - interval 1 microsecond"


def _bindable(bound: Bound) -> object:
    return bound.isoformat() if isinstance(bound, date) else str(bound)


def readings(objects: Iterable[Object]) -> dict[Object, Reading]:
    """Return a reading for each object, without columns yet."""
    return {place: Reading(place, number) for number, place in enumerate(objects)}
