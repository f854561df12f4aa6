"""The chosen columns of those who may leave, as one query over gold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from cdp.errors import ConfigError
from cdp.model.tables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.destinations import ExportColumn

# The name under which the members that may leave (profile_id, contact) are registered.
LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Selection:
    """A query for the columns, ordered by profile_id, and its parameters."""

    query: exp.Select
    values: dict[str, object] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The query as text."""
        return self.query.sql("duckdb", identify=True)

    @property
    def digest_sql(self) -> str:
        """A query for a hash of the rows that does not depend on their order."""
        hashed = exp.cast(exp.func("hash", exp.column("rows")), "hugeint")
        total = exp.func("coalesce", exp.Sum(this=hashed), exp.Literal.number(0))
        rows = self.query.subquery("rows")
        return (
            exp.select(exp.Count(this=exp.Star()), total).from_(rows).sql("duckdb", identify=True)
        )


def select(columns: Iterable[ExportColumn]) -> Selection:
    """Return the query for these columns of everybody registered as `leaving`.

    Members may be persons, visitors or organisations; a field that an organisation does not
    have is empty for it.

    Raises:
        ConfigError: a column names a field that is not there; the message lists those that are.
    """
    query = exp.select().from_(exp.table_(LEAVING, alias="m"))
    query = _joined(query, "profile", "p", "profile_id")
    query = _joined(query, "account", "a", "account_id")
    query = _joined(query, "feature", "f", "profile_id")
    selection = Selection(query)
    for column in columns:
        selection = _with(selection, column)
    ordered = selection.query.order_by(exp.column("profile_id", table="m"))
    return Selection(ordered, selection.values)


def _with(selection: Selection, column: ExportColumn) -> Selection:
    known = fields()
    kind, _, name = column.field.partition(".")
    if kind == "score" and name:
        return _with_score(selection, column, name)
    if column.field not in known:
        msg = (
            f"unknown column {column.field!r}; known: {', '.join(known)}, "
            "score.<name>, score.<name>.band"
        )
        raise ConfigError(msg)
    value = exp.func("coalesce", *known[column.field])
    return Selection(selection.query.select(value.as_(column.name)), selection.values)


def _with_score(selection: Selection, column: ExportColumn, name: str) -> Selection:
    score, _, part = name.partition(".")
    if part not in {"", "band"}:
        msg = f"unknown column {column.field!r}; known: score.{score}, score.{score}.band"
        raise ConfigError(msg)
    alias = f"s{len(selection.values) + 1}"
    values = {**selection.values, alias: score}
    is_it = exp.column("score", table=alias).eq(exp.Placeholder(this=alias))
    query = _joined(selection.query, "score", alias, "profile_id", is_it)
    value = exp.column(part or "value", table=alias)
    return Selection(query.select(value.as_(column.name)), values)


def fields() -> dict[str, tuple[exp.Column, ...]]:
    """Return the fields that can be columns: name -> where it is, the first that has a value."""
    found: dict[str, tuple[exp.Column, ...]] = {
        name: (exp.column(name, table="m"),) for name in ("profile_id", "contact")
    }
    for alias, table, prefix in (
        ("p", "gold.profile", ""),
        ("a", "gold.account", ""),
        ("f", "gold.feature", "feature."),
    ):
        for column in BY_NAME[table].columns:
            name = f"{prefix}{column.name}"
            if column.name not in {"profile_id", "custom"}:
                found[name] = (*found.get(name, ()), exp.column(column.name, table=alias))
    return found


def _joined(query: exp.Select, table: str, alias: str, key: str, *more: exp.Expr) -> exp.Select:
    same = exp.column(key, table=alias).eq(exp.column("profile_id", table="m"))
    right = exp.table_(table, db="gold", alias=alias)
    return query.join(right, on=exp.and_(same, *more), join_type="left")
