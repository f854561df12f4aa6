"""Expressions: what they give, what they refuse, and that nothing else can be reached by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from cdp.canonical.formula import formula
from cdp.canonical.functions import FUNCTIONS
from cdp.store import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

ROWS: list[dict[str, str | None]] = [
    {"A": "Ada", "B": "1,234.50", "C": "2025-12-31", "D": "true"},
    {"A": None, "B": None, "C": None, "D": None},
    {"A": "\u00e9\u00df\u0000\U0001f600' \\ % _", "B": "-999999999999.999999", "C": "infinity"},
    {"A": "0", "B": "0", "C": "290309-12-22 00:00:00", "D": "9999999999999999999999"},
    {"A": "-1e99", "B": "NaN", "C": "31.12.2025", "D": "5877642-06-25 (BC)"},
]
WORDS = st.sampled_from(
    [
        *("A", "B", "C", "D", '"a.b"', "a.b.c.d.e", "x.*", '"*"', "'1'", "'%Y'", "'[0-9]+'", "''"),
        *("0", "1", "2.5", "1e99", "999999999999", "null", "true", "||", "+", "-", "*", "/", "%"),
        *(
            "=",
            "<>",
            "<",
            ">=",
            "and",
            "or",
            "not",
            "in",
            "between",
            "like",
            "is",
            "null",
            "(",
            ")",
        ),
        *(",", "case", "when", "then", "else", "end", "::", "cast", "as", "integer", "date", "if"),
        *("select", "from", "bronze.record", "read_text", "getenv", ";", "--", "/*", "*/", "$1"),
        *("?", "->", "[", "]", "{", "}", "current_user", "columns", "over", "filter", "exists"),
        *("copy", "attach", "pragma", "'/etc/passwd'", "struct_pack", ":=", "@", "~", "collate"),
        *FUNCTIONS,
    ]
)
LEAVES = st.sampled_from(["A", "B", "C", "D", "'7'", "'2025-01-31'", "0", "1.5", "null", "'a'"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions with these inside, most of which are well formed."""
    operators = st.sampled_from(["||", "+", "-", "*", "/", "%", "=", "<>", "<", ">=", "like"])
    binary = st.builds(lambda a, o, b: f"({a} {o} {b})", inner, operators, inner)
    calls = st.builds(
        lambda f, args: f"{f}({', '.join(args)})",
        st.sampled_from([*FUNCTIONS, "coalesce", "nullif", "greatest"]),
        st.lists(inner, min_size=1, max_size=3),
    )
    chosen = st.builds(
        lambda a, b, c: f"case when {a} is null then {b} else {c} end", inner, inner, inner
    )
    types = st.sampled_from(["integer", "date", "varchar", "decimal", "timestamp", "boolean"])
    casts = st.builds(lambda a, t: f"cast({a} as {t})", inner, types)
    tests = st.builds(lambda a, b: f"{a} in ({b}, 'x') and {a} between {b} and {a}", inner, inner)
    return st.one_of(binary, calls, chosen, casts, tests)


WELL_FORMED = st.recursive(LEAVES, grown, max_leaves=8)


@pytest.fixture(scope="module")
def connection() -> Iterator[DuckDBPyConnection]:
    found = scratch()
    found.execute("create table field (A varchar, B varchar, C varchar, D varchar)")
    for row in ROWS:
        found.execute(
            "insert into field values (?, ?, ?, ?)",
            [row.get(name) for name in ("A", "B", "C", "D")],
        )
    yield found
    found.close()


def value(connection: DuckDBPyConnection, text: str) -> str | None:
    """Return what an expression over the first row gives."""
    sql = exp.select(formula(text).value(exp.column)).from_("field").limit(1).sql("duckdb")
    found = connection.execute(sql).fetchall()[0][0]
    return None if found is None else str(found)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_gives_what_its_example_says(
    connection: DuckDBPyConnection, name: str
) -> None:
    text, expected = FUNCTIONS[name].example
    assert value(connection, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("upper(A) || '-' || left(C, 4)", "ADA-2025"),
        ("A || null", None),
        ("1 / 0", None),
        ("7 % 4 + 2 * 3 - -1", "10"),
        ("10 / 4", "2.5"),
        ("0.1 + 0.2", "0.3"),
        ("B + 1", None),
        ("replace(B, ',', '') * 2", "2469"),
        ("100 * 10", "1000"),
        ("A = 'Ada' and not (C < '2025-01-01')", "true"),
        ("'10' > 9", "true"),
        ("'10' > '9'", "false"),
        ("2 in (1, '2')", "true"),
        ("A in ('Bob')", "false"),
        ("A like 'A%' or A ilike 'x%'", "true"),
        ("3 between 1 and 2", "false"),
        ("A is not null", "true"),
        ("case A when 'Ada' then 'first' else 'other' end", "first"),
        ("case when A is null then 1 else 'n/a' end", "n/a"),
        ("if(length(A) > 2, 'long')", "long"),
        ("coalesce(null, '', A)", None),
        ("coalesce(null, A)", "Ada"),
        ("nullif(A, 'Ada')", None),
        ("greatest(2, '10')", "10"),
        ("cast(C as date)", "2025-12-31"),
        ("cast('2025-12-31 23:59:00' as date)", "2025-12-31"),
        ("cast('2025-12-31 23:59:00' as timestamp)", "2025-12-31 23:59:00"),
        ("cast('2.5' as integer)", "3"),
        ("C::timestamp < '2026-01-01'", "true"),
        ("D = true", "true"),
        ("'  '", None),
        ("substr(A, 1e11)", None),
    ],
)
def test_what_an_expression_gives(
    connection: DuckDBPyConnection, text: str, expected: str | None
) -> None:
    assert value(connection, text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("uper(A)", "did you mean upper()?"),
        ("read_text('/etc/passwd')", "read_text() is no function"),
        ("getenv('HOME')", "is no function of expressions"),
        ("(select 1)", "(SELECT 1) is not allowed"),
        ("A in (select 1)", "write the values after `in`"),
        ("exists(select 1)", "is not allowed"),
        ("A; A", "is not one expression"),
        ("", "is not one expression"),
        ("upper(A", "is no expression: Expecting )"),
        ("current_user", "is not allowed"),
        ("A -> '$.x'", "is not allowed"),
        ("A[0]", "is not allowed"),
        ("a[0].b", "write its path in double quotes"),
        ("main.upper(A)", "functions have no prefix"),
        ("A.*", "is no field"),
        ('"lines.*.sku"', "leads to a list"),
        ('"a..b"', "is no path"),
        ("sum(A) over ()", "is not allowed"),
        ("$1", "is not allowed"),
        ("upper()", "takes 1 to 1 arguments, not 0"),
        ("nullif(A)", "takes 2 arguments, not 1"),
        ("cast(A as json)", "json is no type here"),
        ("A is true", "write `is null`"),
        ("not A", "neither true nor false"),
        ("A and B", "neither true nor false"),
        ("1 = true", "do not go together"),
        ("1 + true", "a number is needed"),
        ("year(1)", "a moment is needed"),
        ("coalesce(true, 1) = true", None),
        ("1234567890123", "at most 12 digits"),
        ("0.1234567", "6 behind it"),
        ("lpad(A, length(B), '0')", "whole number from 0 to 1000"),
        ("regexp_matches(A, B)", "as a text in single quotes"),
        ("regexp_matches(A, '[')", "no regular expression"),
        ("regexp_matches(A, '(?=a)')", "no regular expression"),
        ("regexp_extract(A, 'a', 1)", "has 0 groups"),
        (r"regexp_replace(A, 'a', '\1')", "has 0 groups"),
        (r"regexp_replace(A, 'a', '\x')", "followed by the number"),
        ("regexp_replace(A, 'a', '', 'm')", "options are"),
        ("strptime(A, '%Z')", "is no format"),
        ("strptime(A, '%Y %Y')", "is no format"),
        ("date_diff('week', A, B)", "no unit of time"),
        ("'" + "a" * 2000 + "'", "at most 2000 characters"),
    ],
)
def test_what_is_refused_and_why(text: str, says: str | None) -> None:
    if says is None:
        assert formula(text).kind == "truth"
        return
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - what it says is tested below
        formula(text)
    assert says in str(caught.value)


def test_the_fields_and_the_ends_of_an_expression_are_known() -> None:
    found = formula("case when a.b > 1 and \"/x y\" = '1' then 'one' else 'two' end")
    assert found.paths == {"a.b", "/x y"}
    assert found.ends == frozenset(["one", "two"])
    assert formula("case when A = 'x' then B end").ends is None
    assert formula("case when A = 'x' then 'y' else null end").ends == frozenset("y")
    assert formula('"a"."b.c"').paths == {'"a"."b.c"'}


def check(connection: DuckDBPyConnection, text: str) -> None:
    """Check that a text is refused in words, or reads named fields alone and never fails."""
    try:
        found = formula(text)
    except ValueError:
        return
    read: set[str] = set()

    def column(path: str) -> exp.Expr:
        read.add(path)
        return exp.column(path if path in {"A", "B", "C", "D"} else "A")

    sql = exp.select(found.value(column)).from_("field").sql("duckdb")
    assert read == found.paths
    tree = parse_one(sql, dialect="duckdb")
    assert [table.sql() for table in tree.find_all(exp.Table)] == ["field"]
    assert len(list(tree.find_all(exp.Select, exp.Subquery))) == 1
    connection.execute(sql).fetchall()
    if found.kind == "truth":
        held = exp.select(found.holds(column)).from_("field").sql("duckdb")
        assert None not in {row[0] for row in connection.execute(held).fetchall()}


@settings(max_examples=250, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=7).map(" ".join))
@example("A || ( select A from bronze.record )")
@example("A -- ; copy")
def test_no_text_reaches_anything_but_fields(connection: DuckDBPyConnection, text: str) -> None:
    check(connection, text)


@settings(max_examples=250, deadline=None)
@given(WELL_FORMED)
@example("strftime(C, '%Y-%m-%d')")
@example("B * B + B - B")
@example("regexp_replace(A, '(a)', '\\1\\1', 'gi')")
@example("date_diff('second', C, D)")
@example("substr(A, B, B) || year(C) || lpad(A, 1000, '')")
def test_what_is_accepted_never_fails(connection: DuckDBPyConnection, text: str) -> None:
    check(connection, text)
