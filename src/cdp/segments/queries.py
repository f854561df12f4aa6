"""What a query of one's own may be: one SELECT over gold, with functions that only compute.

What is checked is the text that DuckDB would be given, made anew from the parsed query, so that
nothing which is written in an unusual way is overlooked.
"""

from __future__ import annotations

import itertools
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from cdp.segments.naming import offer, unknown
from cdp.segments.scope import READS

LONGEST: Final = 20_000
MOST_ROWS: Final = 200_000_000
"""Rows that a query may give; more means that its joins are wrong."""

_CHANGING: Final = frozenset({"now", "today", "random", "uuid", "get_current_timestamp", "setseed"})
_NILADIC: Final = (
    exp.CurrentTimestamp,
    exp.CurrentDate,
    exp.CurrentTime,
    exp.Localtime,
    exp.Localtimestamp,
    exp.Rand,
    exp.Uuid,
)
# Words that stand before a bracket without being functions.
_PLAIN_WORDS: Final = """
and or not in on as from where having select exists any all some over filter values using by when
then else case between union intersect except within partition order group cast try_cast distinct
interval qualify limit offset join semi anti like ilike is array struct lateral decimal numeric
varchar materialized window rows range
"""
_COMPUTING: Final = """
lower upper trim ltrim rtrim length strlen len substring substr left right replace concat concat_ws
contains starts_with ends_with prefix suffix strpos instr position split_part string_split str_split
str_split_regex regexp_matches regexp_full_match regexp_replace regexp_extract lpad rpad reverse
strip_accents translate md5 sha256 hash ascii chr jaro_winkler_similarity levenshtein
damerau_levenshtein

abs ceil ceiling floor round trunc sign sqrt exp ln log log2 log10 power pow mod greatest least
isnan isfinite

date_trunc date_part date_diff date_sub date_add datediff datesub datepart datetrunc age extract
year month day hour minute second quarter week dayofweek dayofyear isodow weekday isoyear last_day
make_date make_timestamp strftime strptime try_strptime epoch epoch_ms to_days to_hours to_minutes
to_seconds to_months to_years to_weeks timestamp time_bucket to_timestamp dayname monthname date

coalesce ifnull nullif if iff typeof cast try_cast

list_value list_contains list_has list_has_any list_has_all array_contains list_filter
list_transform list_sum list_min list_max list_avg list_count list_distinct list_sort list_position
list_slice list_extract list_unique array_length array_agg element_at unnest struct_extract
struct_pack json_extract json_extract_string json_keys json_array_length json_contains json_exists
json_type json_value map_keys map_values row

count sum avg mean min max median mode quantile quantile_cont quantile_disc stddev stddev_samp
stddev_pop variance var_samp var_pop any_value arg_max arg_min max_by min_by bool_and bool_or
count_if countif string_agg group_concat list listagg approx_count_distinct approx_quantile corr
covar_pop covar_samp regr_slope regr_intercept first last row_number rank dense_rank percent_rank
cume_dist ntile lag lead first_value last_value nth_value
"""
_WORDS: Final = frozenset(_PLAIN_WORDS.split())
FUNCTIONS: Final = frozenset(_COMPUTING.split())
"""Functions of text, numbers, times, values, lists and JSON, aggregates and windows."""


def checked(text: str) -> exp.Query:
    """Return a query of one's own, parsed.

    Raises:
        ValueError: it is not one that may be carried out; the message says what is wrong.
    """
    if len(text) > LONGEST:
        msg = f"the query is longer than {LONGEST:,} characters"
        raise ValueError(msg)
    query = _parsed(text)
    _check_tables(query)
    _check_parameters(query)
    _check_functions(query)
    if "profile_id" not in query.named_selects:
        msg = "the query has no column profile_id"
        raise ValueError(msg)
    return query


def _parsed(text: str) -> exp.Query:
    try:
        statements = [one for one in sqlglot.parse(text, dialect="duckdb") if one is not None]
    except sqlglot.errors.SqlglotError as error:
        msg = f"this is not SQL: {str(error).splitlines()[0]}"
        raise ValueError(msg) from None
    except RecursionError:
        msg = "this is not SQL: too many brackets within each other"
        raise ValueError(msg) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        msg = "one SELECT is needed, nothing else"
        raise ValueError(msg)
    for part in statements[0].find_all(exp.Into, exp.Lock, exp.Command):
        msg = f"one SELECT is needed, nothing else: {part.sql('duckdb')!r} is not one"
        raise ValueError(msg)
    return statements[0]


def _check_tables(query: exp.Query) -> None:
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        plain = isinstance(table.this, exp.Identifier)
        if plain and not table.db and not table.catalog and table.name in ctes:
            continue
        if not plain or table.catalog or f"{table.db}.{table.name}" not in READS:
            near = offer(f"gold.{table.name}", READS) if plain else ""
            msg = f"{table.sql('duckdb')} may not be read here;{near} known: {', '.join(READS)}"
            raise ValueError(msg)


def _check_parameters(query: exp.Query) -> None:
    for parameter in query.find_all(exp.Parameter, exp.Placeholder, exp.SessionParameter):
        if parameter.name != "as_of":
            raise ValueError(unknown("parameter", f"${parameter.name}", ["$as_of"]))


def _check_functions(query: exp.Query) -> None:
    for node in query.find_all(*_NILADIC):
        raise ValueError(_changes(node.sql("duckdb")))
    for name in _called(query.sql("duckdb")):
        if name in _CHANGING:
            raise ValueError(_changes(f"{name}()"))
        if name not in FUNCTIONS and name not in _WORDS:
            msg = (
                f"the function {name!r} may not be used here;{offer(name, FUNCTIONS)} a query may "
                "compute, and read nothing but tables of gold"
            )
            raise ValueError(msg)


def _changes(call: str) -> str:
    return f"{call} would give another answer each time; use $as_of"


def _called(sql: str) -> list[str]:
    """Return the names before an opening bracket, in lower case; quoted ones are names, too."""
    tokens = sqlglot.tokenize(sql, dialect="duckdb")
    return [
        one.text.lower()
        for one, following in itertools.pairwise(tokens)
        if following.token_type is TokenType.L_PAREN and _is_name(one)
    ]


def _is_name(token: Token) -> bool:
    if token.token_type is TokenType.IDENTIFIER:
        return True
    return token.text.replace("_", "a").isalnum() and token.token_type not in {
        TokenType.NUMBER,
        TokenType.STRING,
    }
