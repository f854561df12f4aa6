"""Read a purchase log from a file: CSV, JSON lines or Parquet, streamed through DuckDB.

Invariant: every row is a purchase, a refund, or counted under why it is neither; a cell that
cannot be read is an error that names column and row. Nothing after the last day asked for counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from cdp.scores.predict.columns import Columns, LogError, columns_of
from cdp.scores.predict.log import PurchaseLog, netted
from cdp.store import Statement
from cdp.store.tabular import beside, reading, view_file

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PACKAGE: Final = "cdp.scores.predict"
MEMORY: Final = "2GB"
"""What DuckDB may hold while it reads; more is spilled to a temporary folder."""
TEXTS: Final = ("customer", "day", "amount", "price", "quantity", "cancelled_day")
NOTHING: Final = ("", "na", "n/a", "n.a.", "nan", "nat", "null", "none", "-", "--", "\\n")
DROPPED: Final = (
    "^(cancel|storn|void|fail|declin|reject|annul|abgebrochen|abgelehnt|refunded|returned|"
    "expired|abandon|draft|test|chargeback|zurueckgegeben|retourniert|rembours|devuelt)"
)
"""Beginnings of a status that says there was no purchase after all."""
RETURNED: Final = "^(refund|return|retour|credit|gutschrift|erstattung|avoir|reso|devolucion)"
"""Beginnings of a kind of row whose amount counts against purchases."""
TRUE: Final = ("1", "true", "t", "yes", "y", "ja", "oui", "si", "x", "1.0")
_BAD: Final = {
    "bad day": ("day", "day", "is no date; write 2026-01-31"),
    "bad amount": ("amount", "coalesce(amount, price)", "is no amount; write 12.50"),
    "bad quantity": ("quantity", "quantity", "is no number; write 3"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was in a file.

    Attributes:
        log: the purchases until the day asked for.
        columns: what each column was taken for.
        rows: rows of the file.
        left_out: rows that count for nothing, by why.
        notes: how dates and amounts were understood, where there was a choice.
    """

    log: PurchaseLog
    columns: Columns
    rows: int
    left_out: dict[str, int]
    notes: tuple[str, ...]


def read_purchases(path: Path, until: int) -> Reading:
    """Return the purchases of a file until the end of a day (days since 1970-01-01, UTC).

    Raises:
        InputError: the file is missing, of another kind, or a cell of it cannot be read.
    """
    with (
        TemporaryDirectory(prefix="cdp-forecast-") as folder,
        beside(Path(folder), MEMORY) as connection,
    ):
        delimiter = view_file(connection, path, Path(folder))
        return _read(connection, path, until, delimiter)


def _read(connection: DuckDBPyConnection, path: Path, until: int, delimiter: str) -> Reading:
    described = connection.sql("describe raw").pl()
    types = dict(zip(described["column_name"], described["column_type"], strict=True))
    columns = columns_of(str(path), list(types))
    with reading(path):
        connection.execute(f"create temp table cell as {_cells(columns, types)}")
    shape = _rows(connection, "log_shape")[0]
    day_first, comma, notes = _habits(path, shape, delimiter)
    _make(connection, "log_number", decimal_comma=comma)
    _make(connection, "log_day", day_first=day_first)
    exact = columns.order is not None or bool(shape["timed"])
    _make(connection, "log_seen", until=until, drop_repeats=exact)
    counted = connection.sql(
        "select reason, count(*) as n, min(row) as row from log_seen group by all order by reason"
    ).pl()
    _check(connection, path, columns, counted.rows(named=True))
    sums = connection.sql(Statement.load(PACKAGE, "log_sums").sql).pl()
    ids = connection.sql(
        "select distinct customer from log_seen where reason is null order by customer"
    ).pl()["customer"]
    return Reading(
        log=PurchaseLog(netted(sums), ids),
        columns=columns,
        rows=int(counted["n"].sum()),
        left_out={row["reason"]: row["n"] for row in counted.rows(named=True) if row["reason"]},
        notes=notes,
    )


def _make(connection: DuckDBPyConnection, name: str, **params: object) -> None:
    sql = Statement.load(PACKAGE, name).sql
    connection.execute(f"create temp table {name} as {sql}", params or None)


def _rows(connection: DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        connection.sql(Statement.load(PACKAGE, name).sql).pl().rows(named=True)
    )
    return found


def _cells(columns: Columns, types: dict[str, str]) -> str:
    """Return the SELECT of the cells that matter as text, with a fingerprint of each row."""
    everything = [exp.column(name, quoted=True) for name in types]
    selected = [
        exp.alias_(exp.Window(this=exp.RowNumber()), "row"),
        exp.alias_(exp.func("hash", *everything, dialect="duckdb"), "print"),
        *(exp.alias_(_text(getattr(columns, name), types), name, quoted=True) for name in TEXTS),
        exp.alias_(_is_return(columns, types), "is_return"),
        exp.alias_(_is_cancelled(columns, types), "is_cancelled"),
    ]
    return exp.select(*selected).from_("raw").sql("duckdb")


def _text(name: str | None, types: dict[str, str]) -> exp.Expr:
    """Return a column as text without blanks around it; what means nothing is null."""
    if name is None:
        return exp.cast(exp.null(), "varchar")
    column: exp.Expr = exp.column(name, quoted=True)
    if types[name] == "JSON":
        given = [column, exp.Literal.string("$")]
        column = exp.Anonymous(this="json_extract_string", expressions=given)
    text = exp.Trim(this=exp.cast(column, "varchar"))
    is_nothing = exp.Lower(this=text.copy()).isin(*NOTHING)
    return exp.Case().when(exp.not_(is_nothing), text)


def _matches(text: exp.Expr, pattern: str) -> exp.Expr:
    found = exp.Anonymous(
        this="regexp_matches", expressions=[exp.Lower(this=text), exp.Literal.string(pattern)]
    )
    return exp.Coalesce(this=found, expressions=[exp.false()])


def _is_return(columns: Columns, types: dict[str, str]) -> exp.Expr:
    return _matches(_text(columns.kind, types), RETURNED)


def _is_cancelled(columns: Columns, types: dict[str, str]) -> exp.Expr:
    flag = exp.Lower(this=_text(columns.cancelled, types)).isin(*TRUE)
    return exp.or_(
        _matches(_text(columns.status, types), DROPPED),
        exp.Coalesce(this=flag, expressions=[exp.false()]),
    )


def _habits(
    path: Path, shape: dict[str, Any], delimiter: str
) -> tuple[bool, bool, tuple[str, ...]]:
    """Return whether the day comes before the month, whether decimals follow a comma, and notes.

    Raises:
        LogError: both orders of day and month, or both decimal marks, are in use.
    """
    notes = []
    comma = shape["comma_decimals"] > 0
    if comma and shape["point_decimals"] > 0:
        msg = (
            f"{path}: amounts are written with decimal comma and with decimal point; "
            "export the file with one of them"
        )
        raise LogError(msg)
    if delimiter == ";" and not shape["point_others"]:
        comma = comma or shape["point_thousands"] > 0
    if comma:
        notes.append("amounts were read with a decimal comma")
    day_first = shape["dotted"] > 0 or comma or delimiter == ";"
    if shape["first_most"] > 12 and shape["second_most"] > 12:  # noqa: PLR2004 - months
        msg = (
            f"{path}: some dates begin with the day and others with the month; "
            "write them as 2026-01-31"
        )
        raise LogError(msg)
    if max(shape["first_most"], shape["second_most"]) > 12:  # noqa: PLR2004
        day_first = shape["first_most"] > 12  # noqa: PLR2004
    if shape["parted"]:
        notes.append(f"dates were read with the {'day' if day_first else 'month'} first")
    return day_first, comma, tuple(notes)


def _check(
    connection: DuckDBPyConnection, path: Path, columns: Columns, counted: list[dict[str, Any]]
) -> None:
    for found in counted:
        if found["reason"] not in _BAD:
            continue
        meaning, cell, why = _BAD[found["reason"]]
        sql = f"select {cell} as text from cell where row = $row"  # noqa: S608 - our own words
        text = connection.sql(sql, params={"row": found["row"]}).pl()["text"][0]
        column = getattr(columns, meaning) or columns.price
        what = "is empty; every purchase needs a date" if text is None else f"{text!r} {why}"
        others = f" ({found['n']} such rows)" if found["n"] > 1 else ""
        msg = f"{path}, row {found['row']}, column {column}: {what}{others}"
        raise LogError(msg)
