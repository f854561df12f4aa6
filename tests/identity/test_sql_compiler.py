"""Conditions compiled to Python are true exactly where DuckDB finds them true."""

import random
from typing import Any

import polars as pl
import pytest

from cdp.identity import sql_functions
from cdp.identity.sql_compiler import UntranslatableError, columns_of, is_true
from cdp.store import scratch

WORDS = [
    "",
    "a",
    "ab",
    "ba",
    "anna",
    "hanna",
    "ann",
    "müller",
    "mueller",
    "日本",
    "本日",
    "🙂x",
    "e\u0301",
]
NESTED = (
    "list_bool_or(list_transform(list_l, lambda x: list_bool_or(list_transform(list_r, "
    "lambda y: case when abs(length(x) - length(y)) <= 1 and damerau_levenshtein(x, y) <= 1 "
    "then true else false end))))"
)
STRUCTS = (
    "case when structs_l is not null and structs_r is not null then list_bool_or(list_transform("
    "structs_l, lambda v: list_bool_or(list_transform(structs_r, lambda w: case when "
    "v.x = w.x and not w.y or jaro_winkler_similarity(v.x, w.x) >= 0.9 then true else false end"
    ")))) else false end"
)
CONDITIONS = [
    "a_l = a_r",
    "a_l <> a_r or b_l is null",
    "not (a_l = a_r)",
    "not (a_l = a_r and b_l = b_r)",
    "not (a_l = a_r or b_l is not null)",
    "flag_l and not flag_r",
    "not (flag_l or flag_r)",
    "length(a_l) > length(a_r)",
    "abs(length(a_l) - length(a_r)) <= 1",
    "least(length(a_l), length(a_r)) >= 2",
    "greatest(length(a_l), length(a_r)) < 3",
    "left(a_l, 2) = left(a_r, 2)",
    "left(a_l, length(a_l) - 3) = left(a_r, length(a_r) - 3)",
    "starts_with(a_l, a_r) or contains(a_r, b_l)",
    "not starts_with(a_l, a_r)",
    "jaro_winkler_similarity(a_l, a_r) >= 0.8",
    "jaro_winkler_similarity(a_l, a_r) < 0.5",
    "not jaro_winkler_similarity(a_l, a_r) >= 0.8",
    "damerau_levenshtein(a_l, a_r) <= 1",
    "damerau_levenshtein(a_l, b_r) > 2",
    "not damerau_levenshtein(a_l, a_r) <= 2",
    "coalesce(a_l, b_l) = coalesce(a_r, b_r, '')",
    "case when a_l = a_r then true when b_l = b_r then flag_l else null end",
    "not case when a_l = a_r then true when b_l = b_r then flag_l end",
    "case when a_l = a_r then b_l else b_r end = a_l",
    "list_has_any(list_l, list_r)",
    "not list_has_any(list_l, list_r)",
    "list_has_all(list_l, list_r) or list_has_all(list_r, list_l)",
    "not list_has_all(list_l, list_r)",
    "list_contains(list_l, a_r)",
    "not list_contains(list_l, a_r)",
    "len(list_intersect(list_l, list_r)) >= 0.5 * least(len(list_l), len(list_r))",
    "len(list_intersect(list_l, list_r)) >= 0.1 * len(list_l) + 0.2 * len(list_r)",
    "len(list_intersect(list_l, list_r)) = 0",
    "len(list_distinct(list_l)) < len(list_l)",
    "list_l = list_r",
    "list_bool_or(list_transform(list_l, lambda x: x = a_r))",
    "not list_bool_or(list_transform(list_l, lambda x: x = a_r))",
    "list_bool_and(list_transform(list_l, lambda x: length(x) > 1))",
    "not list_bool_and(list_transform(list_l, lambda x: length(x) > 1))",
    NESTED,
    "list_bool_or(flags_l) and not list_bool_or(flags_r)",
    "len(list_filter(list_l, lambda x: starts_with(x, 'a'))) >= 2",
    "list_max(list_transform(list_l, lambda x: length(x))) > 3",
    "list_min(list_transform(list_l, lambda x: jaro_winkler_similarity(x, a_r))) >= 0.5",
    "list_bool_or(list_transform(structs_l, lambda v: v.x = a_r))",
    "not list_bool_or(list_transform(structs_l, lambda v: v.x = a_r or v.y))",
    STRUCTS,
    "true",
    "not true or a_l is null",
    "null or a_l is null",
    "abs(length(a_l) - 2) > -1",
]
REFUSED = [
    "soundex(a_l) = soundex(a_r)",
    "a_l like 'x%'",
    "a_l in ('x')",
    "a_l is true",
    "jaro_winkler_similarity(a_l, a_r) * 2 > 1",
    "list_transform(list_l, lambda x, i: x) = list_r",
    "length(a_l)::varchar = a_r",
    '"A" = 1',
    "coalesce = 1",
    "a_l = ",
]


def _pairs(rows: int) -> pl.DataFrame:
    rng = random.Random(7)  # noqa: S311 - test data

    def word() -> str | None:
        return rng.choice([*WORDS, None])

    def words() -> list[str | None] | None:
        return [word() for _ in range(rng.randrange(4))] if rng.random() < 0.85 else None

    def flag() -> bool | None:
        return rng.choice([True, False, None])

    columns: dict[str, list[Any]] = {}
    for side in "lr":
        columns[f"a_{side}"] = [word() for _ in range(rows)]
        columns[f"b_{side}"] = [word() for _ in range(rows)]
        columns[f"flag_{side}"] = [flag() for _ in range(rows)]
        columns[f"list_{side}"] = [words() for _ in range(rows)]
        columns[f"flags_{side}"] = [[flag() for _ in range(rng.randrange(3))] for _ in range(rows)]
        columns[f"structs_{side}"] = [
            [{"x": word(), "y": flag()} for _ in range(rng.randrange(1, 3))]
            if rng.random() < 0.7
            else None
            for _ in range(rows)
        ]
    kinds: dict[str, pl.DataType] = {
        name: {
            "list": pl.List(pl.String()),
            "flags": pl.List(pl.Boolean()),
            "flag": pl.Boolean(),
            "structs": pl.List(pl.Struct({"x": pl.String(), "y": pl.Boolean()})),
        }.get(name[:-2], pl.String())
        for name in columns
    }
    return pl.DataFrame(columns, schema=kinds)


@pytest.mark.parametrize("sql", CONDITIONS)
def test_python_is_true_where_duckdb_is(sql: str) -> None:
    pairs = _pairs(2000)
    connection = scratch()
    connection.register("pair", pairs.with_row_index("n"))
    query = f"select coalesce({sql}, false) as found from pair order by n"  # noqa: S608 - a table of cases
    found = connection.sql(query).pl()
    connection.close()
    columns = ", ".join(pairs.columns)
    scope = dict(sql_functions.NAMES)
    exec(f"def holds({columns}): return {is_true(sql)}", scope)  # noqa: S102 - what is tested
    ours = [bool(scope["holds"](*row)) for row in pairs.iter_rows()]
    assert ours == found["found"].to_list()


@pytest.mark.parametrize("sql", REFUSED)
def test_what_has_no_exact_python_is_refused(sql: str) -> None:
    with pytest.raises(UntranslatableError):
        is_true(sql)


def test_the_columns_of_a_condition_leave_lambda_variables_out() -> None:
    sql = "list_bool_or(list_transform(list_l, lambda x: x = a_r)) or flag_l"
    assert columns_of(sql) == {"list_l", "a_r", "flag_l"}


def test_similarities_are_duckdbs_on_any_text() -> None:
    rng = random.Random(3)  # noqa: S311 - test data
    alphabets = ["abc", "aé", "äöüß", "日本語中", "🙂e\u0301a", "0123-", " ab"]

    def text() -> str:
        return "".join(rng.choices(rng.choice(alphabets), k=rng.randrange(16)))

    rows = [(text(), text()) for _ in range(60_000)]
    rows += [(one, one[1:] + one[:1]) for one, _ in rows[:5000]]
    frame = pl.DataFrame(rows, schema=["one", "other"], orient="row").with_row_index("n")
    connection = scratch()
    connection.register("pair", frame)
    found = connection.sql(
        "select jaro_winkler_similarity(one, other) as alike, damerau_levenshtein(one, other) "
        "as edits from pair order by n"
    ).pl()
    connection.close()
    assert found["alike"].to_list() == [sql_functions.alike(*row) for row in rows]
    assert found["edits"].to_list() == [sql_functions.edits(*row) for row in rows]
    assert (found["edits"] <= 2).to_list() == [sql_functions.is_within(*row, 2) for row in rows]
