"""The functions of expressions: their arguments, what they give, and the SQL that computes it.

Invariant: for arguments of the kinds named here no function fails, whatever the values: what
cannot be computed gives no value. Names that are not listed do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT, NUMBER, TRUTH, MOMENT = "text", "number", "truth", "moment"
PATTERN, REPLACEMENT, OPTIONS = "pattern", "replacement", "options"
GROUP, WIDTH, DIGITS, FORMAT, UNIT = "group", "width", "digits", "format", "unit"
WRITTEN: Final = (PATTERN, REPLACEMENT, OPTIONS, GROUP, WIDTH, DIGITS, FORMAT, UNIT)
"""Arguments that are written out in the expression, so that they are checked on load."""
NUMERIC: Final = "decimal(18, 6)"


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes:
        name: its name.
        takes: kinds of its arguments, in order.
        gives: kind of its result.
        sql: what it means; `:a`, `:b`, ... stand for the arguments.
        example: an expression, and what comes out.
        optional: how many of the last arguments may be left out, with what stands for them.
        many: the last argument may come again and again.
    """

    name: str
    takes: tuple[str, ...]
    gives: str
    sql: str
    example: tuple[str, str | None]
    optional: tuple[str, ...] = ()
    many: bool = False

    def call(self, arguments: list[exp.Expr]) -> exp.Expr:
        """Return the SQL of a call with these arguments, those left out included."""
        lacking = len(self.takes) - len(arguments)
        fallback = self.optional[len(self.optional) - lacking :] if lacking > 0 else ()
        every = [*arguments, *(sqlglot.parse_one(text, dialect="duckdb") for text in fallback)]
        if self.many:
            return exp.Anonymous(this=self.sql, expressions=every)
        tree = sqlglot.parse_one(self.sql, dialect="duckdb")
        values: Mapping[str, exp.Expr] = dict(zip("abcd", every, strict=False))
        return exp.replace_placeholders(tree, **values)


def _clamped(name: str) -> str:
    """Return a count within what DuckDB's text functions accept."""
    return f"least(greatest(floor(:{name}), -1000000), 1000000)::bigint"


_LIST: Final = (
    Function("upper", (TEXT,), TEXT, "upper(:a)", ("upper('Ada')", "ADA")),
    Function("lower", (TEXT,), TEXT, "lower(:a)", ("lower('Ada')", "ada")),
    Function("trim", (TEXT, TEXT), TEXT, "trim(:a, :b)", ("trim('--Ada-', '-')", "Ada"), ("' '",)),
    Function("ltrim", (TEXT, TEXT), TEXT, "ltrim(:a, :b)", ("ltrim('007', '0')", "7"), ("' '",)),
    Function(
        "rtrim", (TEXT, TEXT), TEXT, "rtrim(:a, :b)", ("rtrim('Ada..', '.')", "Ada"), ("' '",)
    ),
    Function("strip_accents", (TEXT,), TEXT, "strip_accents(:a)", ("strip_accents('Zoé')", "Zoe")),
    Function("concat", (TEXT,), TEXT, "concat", ("concat('a', null, 'b')", "ab"), many=True),
    Function(
        "concat_ws",
        (TEXT, TEXT),
        TEXT,
        "concat_ws",
        ("concat_ws(' ', 'Ada', null, 'Quint')", "Ada Quint"),
        many=True,
    ),
    Function(
        "replace",
        (TEXT, TEXT, TEXT),
        TEXT,
        "replace(:a, :b, :c)",
        ("replace('1.234', '.', '')", "1234"),
    ),
    Function(
        "translate",
        (TEXT, TEXT, TEXT),
        TEXT,
        "translate(:a, :b, :c)",
        ("translate('1,5', ',', '.')", "1.5"),
    ),
    Function(
        "left", (TEXT, NUMBER), TEXT, f"left(:a, {_clamped('b')})", ("left('DE123', 2)", "DE")
    ),
    Function(
        "right", (TEXT, NUMBER), TEXT, f"right(:a, {_clamped('b')})", ("right('DE123', 3)", "123")
    ),
    Function(
        "substr",
        (TEXT, NUMBER, NUMBER),
        TEXT,
        f"substr(:a, {_clamped('b')}, {_clamped('c')})",
        ("substr('DE123', 3)", "123"),
        ("1000000",),
    ),
    Function(
        "split_part",
        (TEXT, TEXT, NUMBER),
        TEXT,
        f"split_part(:a, :b, {_clamped('c')})",
        ("split_part('ada@x.example', '@', 2)", "x.example"),
    ),
    Function(
        "lpad",
        (TEXT, WIDTH, TEXT),
        TEXT,
        "lpad(:a, :b, nullif(:c, ''))",
        ("lpad('7', 3, '0')", "007"),
    ),
    Function(
        "rpad",
        (TEXT, WIDTH, TEXT),
        TEXT,
        "rpad(:a, :b, nullif(:c, ''))",
        ("rpad('7', 3, '0')", "700"),
    ),
    Function("sha256", (TEXT,), TEXT, "sha256(:a)", ("left(sha256('Ada'), 4)", "99a5")),
    Function("length", (TEXT,), NUMBER, "length(:a)", ("length('Ada')", "3")),
    Function("strpos", (TEXT, TEXT), NUMBER, "strpos(:a, :b)", ("strpos('Ada', 'd')", "2")),
    Function("contains", (TEXT, TEXT), TRUTH, "contains(:a, :b)", ("contains('Ada', 'd')", "true")),
    Function(
        "starts_with",
        (TEXT, TEXT),
        TRUTH,
        "starts_with(:a, :b)",
        ("starts_with('Ada', 'd')", "false"),
    ),
    Function(
        "ends_with", (TEXT, TEXT), TRUTH, "ends_with(:a, :b)", ("ends_with('Ada', 'a')", "true")
    ),
    Function(
        "regexp_matches",
        (TEXT, PATTERN),
        TRUTH,
        "regexp_matches(:a, :b)",
        ("regexp_matches('B2B', '[0-9]')", "true"),
    ),
    Function(
        "regexp_extract",
        (TEXT, PATTERN, GROUP),
        TEXT,
        "nullif(regexp_extract(:a, :b, :c), '')",
        ("regexp_extract('Lead 0815', '[0-9]+')", "0815"),
        ("0",),
    ),
    Function(
        "regexp_replace",
        (TEXT, PATTERN, REPLACEMENT, OPTIONS),
        TEXT,
        "regexp_replace(:a, :b, :c, :d)",
        ("regexp_replace('a1b2', '[0-9]', '', 'g')", "ab"),
        ("''",),
    ),
    Function("abs", (NUMBER,), NUMBER, "abs(:a)", ("abs(-2)", "2")),
    Function(
        "round", (NUMBER, DIGITS), NUMBER, "round(:a, :b)", ("round(2.345, 2)", "2.35"), ("0",)
    ),
    Function("floor", (NUMBER,), NUMBER, "floor(:a)", ("floor(2.7)", "2")),
    Function("ceil", (NUMBER,), NUMBER, "ceil(:a)", ("ceil(2.1)", "3")),
    Function(
        "strptime",
        (TEXT, FORMAT),
        MOMENT,
        "try_strptime(:a, :b)",
        ("strptime('31.12.2025', '%d.%m.%Y')", "2025-12-31"),
    ),
    Function(
        "strftime",
        (MOMENT, FORMAT),
        TEXT,
        "strftime(:a, :b)",
        ("strftime('2025-12-31', '%Y%m%d')", "20251231"),
    ),
    Function("year", (MOMENT,), NUMBER, "year(:a)", ("year('2025-12-31')", "2025")),
    Function("month", (MOMENT,), NUMBER, "month(:a)", ("month('2025-12-31')", "12")),
    Function("day", (MOMENT,), NUMBER, "day(:a)", ("day('2025-12-31')", "31")),
    Function(
        "date_diff",
        (UNIT, MOMENT, MOMENT),
        NUMBER,
        "case when isfinite(:b) and isfinite(:c) then date_diff(:a, :b, :c) end",
        ("date_diff('day', '2025-12-30', '2026-01-02')", "3"),
    ),
)
FUNCTIONS: Final[Mapping[str, Function]] = {function.name: function for function in _LIST}
ALIKE: Final = ("coalesce", "ifnull", "nullif", "greatest", "least")
"""Functions whose arguments are of one kind, which is what they give."""
