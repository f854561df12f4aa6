"""The SELECTs that an object is read by: a page after a place, keys, rows without a place.

The values of a place are bound without a type, so that the database takes them for what the
column holds; identifiers are quoted by the dialect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
import sqlglot
from sqlalchemy.types import NullType
from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdp.sources.remote.schema import FieldType
    from cdp.sources.remote.sql.place import Place
    from cdp.sources.remote.values import Layout

_PARAMETER: Final = re.compile(r"(?<![:\w\\]):(?=\w+(?!:))")
_WRITING: Final = (
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Alter,
    exp.Into,
    exp.Lock,
    exp.Command,
)
_GRAMMARS: Final = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}


@dataclass(frozen=True, slots=True)
class Question:
    """An object, and how to ask for its rows.

    Attributes:
        rows: where they are: a table, or a query in parentheses.
        columns: the columns that are read.
        layout: key and time of change among them.
        has_strays: whether a row may lack a value that it is put in order by.
        types: the types of columns that the catalogue declares and that are known.
    """

    rows: sa.FromClause
    columns: tuple[str, ...]
    layout: Layout
    has_strays: bool
    types: Mapping[str, FieldType] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by which rows are put in order."""
        changed = (self.layout.changed,) if self.layout.changed else ()
        return tuple(dict.fromkeys((*changed, *self.layout.key)))

    def page(self, place: Place | None, rows: int) -> sa.Select[Any]:
        """Return the SELECT of the next rows after a place, in their order."""
        select = self._select(self.columns).order_by(*self._all(self.order)).limit(rows)
        if self.has_strays:
            select = select.where(*(column.is_not(None) for column in self._all(self.order)))
        if place is None:
            return select
        columns = self._all(self.order[: len(place.values)])
        bound = [_bound(value) for value in place.values]
        select = select.where(columns[0] >= bound[0])
        return select.where(_after(columns, bound)) if place.is_after else select

    def strays(self) -> sa.Select[Any]:
        """Return the SELECT of the rows that have no place in the order."""
        columns = self._all(self.order)
        return (
            self._select(self.columns)
            .where(sa.or_(*(column.is_(None) for column in columns)))
            .order_by(*columns)
        )

    def keys(self) -> sa.Select[Any]:
        """Return the SELECT of all keys."""
        return self._select(self.layout.key)

    def _select(self, names: Sequence[str]) -> sa.Select[Any]:
        return sa.select(*self._all(names))

    def _all(self, names: Sequence[str]) -> list[sa.ColumnElement[Any]]:
        return [self.rows.c[name] for name in names]


def of_table(name: str, schema: str | None, columns: Sequence[str]) -> sa.FromClause:
    """Return a table to select from."""
    return sa.table(name, *(sa.column(column) for column in columns), schema=schema)


def of_query(query: str, columns: Sequence[str]) -> sa.FromClause:
    """Return a query to select from; a colon in it begins no parameter."""
    text = _PARAMETER.sub(r"\\:", query.strip().rstrip(";"))
    # A comment at its end must not swallow what follows.
    return sa.text(f"{text}\n").columns(*(sa.column(name) for name in columns)).subquery("q")


def no_rows(query: str) -> sa.Select[Any]:
    """Return a SELECT of no rows of a query, to see its columns."""
    return sa.select(sa.literal_column("*")).select_from(of_query(query, ())).limit(0)


def table_name(text: str) -> tuple[str | None, str]:
    """Return schema and name of a table; dots in double quotes part nothing."""
    parsed = exp.to_table(text, dialect="postgres")
    return parsed.db or None, parsed.name


def problem_of(query: str, dialect: str) -> str | None:
    """Return why a query is not read, None when it only reads."""
    grammar = _GRAMMARS.get(dialect, dialect)
    known = grammar if grammar in sqlglot.Dialects.__members__.values() else None
    try:
        statements = sqlglot.parse(query, read=known)
    except SqlglotError as error:
        return f"cannot be read as SQL ({str(error).splitlines()[0]})"
    if len(statements) != 1:
        return f"holds {len(statements)} statements; give one SELECT"
    (statement,) = statements
    if not isinstance(statement, exp.Query) or statement.find(*_WRITING) is not None:
        return "is more than a SELECT; a source is only read, so give one that changes nothing"
    return None


def _bound(value: object) -> sa.BindParameter[Any]:
    return sa.bindparam(None, value, type_=NullType(), unique=True)


def _after(
    columns: Sequence[sa.ColumnElement[Any]], values: Sequence[sa.BindParameter[Any]]
) -> sa.ColumnElement[bool]:
    """Return what is true of the rows behind these values; row comparison is not SQL everywhere."""
    return sa.or_(
        *(
            sa.and_(
                *(column == value for column, value in zip(columns[:at], values[:at], strict=True)),
                columns[at] > values[at],
            )
            for at in range(len(columns))
        )
    )
