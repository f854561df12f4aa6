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


def select(columns: Iterable[ExportColumn], *, organisations: bool) -> Selection:
    """Return the query for these columns of everybody registered as `leaving`.

    Raises:
        ConfigError: a column names a field that is not there; the message lists those that are.
    """
    party, key = ("account", "account_id") if organisations else ("profile", "profile_id")
    query = exp.select().from_(exp.table_(LEAVING, alias="m"))
    query = _joined(query, party, "p", key)
    query = _joined(query, "feature", "f", "profile_id")
    selection = Selection(query)
    for column in columns:
        selection = _with(selection, column, party)
    ordered = selection.query.order_by(exp.column("profile_id", table="m"))
    return Selection(ordered, selection.values)


def _with(selection: Selection, column: ExportColumn, party: str) -> Selection:
    known = fields(party)
    kind, _, name = column.field.partition(".")
    if kind == "score" and name:
        return _with_score(selection, column, name)
    if column.field not in known:
        msg = (
            f"unknown column {column.field!r}; known: {', '.join(known)}, "
            "score.<name>, score.<name>.band"
        )
        raise ConfigError(msg)
    value = exp.column(known[column.field][1], table=known[column.field][0])
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


def fields(party: str) -> dict[str, tuple[str, str]]:
    """Return the fields that can be columns: name -> alias and column."""
    own = {c.name: ("p", c.name) for c in BY_NAME[f"gold.{party}"].columns}
    facts = {
        f"feature.{c.name}": ("f", c.name)
        for c in BY_NAME["gold.feature"].columns
        if c.name != "profile_id"
    }
    return {**own, "profile_id": ("m", "profile_id"), "contact": ("m", "contact"), **facts}


def _joined(query: exp.Select, table: str, alias: str, key: str, *more: exp.Expr) -> exp.Select:
    same = exp.column(key, table=alias).eq(exp.column("profile_id", table="m"))
    right = exp.table_(table, db="gold", alias=alias)
    return query.join(right, on=exp.and_(same, *more), join_type="left")
