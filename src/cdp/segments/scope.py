"""What a condition may use while it is compiled: the member's row, bound values, other segments.

Invariants: every predicate is true or false, never null, so that `not` is a true complement;
each value is bound, none is written into the text; only the tables listed here are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from cdp.errors import ConfigError
from cdp.model.tables import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.model.tables import Column
    from cdp.segments.definition import SegmentFile

Entity = Literal["person", "organisation", "visitor"]

# When an event happened; what has no such column is no event.
EVENT_TIMES = {
    "activity": "starts_at",
    "cart": "created_at",
    "interaction": "occurred_at",
    "lead": "created_at",
    "opportunity": "created_at",
    "order": "ordered_at",
    "quote": "created_at",
    "ticket": "created_at",
}
READS = (
    "gold.profile",
    "gold.account",
    "gold.attribute",
    "gold.identifier",
    "gold.source_record",
    "gold.consent",
    "gold.relationship",
    "gold.household",
    "gold.household_member",
    "gold.company_group",
    "gold.company_group_member",
    "gold.enrichment",
    "gold.feature",
    "gold.score",
    "gold.order_line",
    "gold.product",
    *(f"gold.{event}" for event in EVENT_TIMES),
)


class ConditionError(ConfigError):
    """A condition names something that is not there; the message lists what is."""


def fields(table: str) -> dict[str, Column]:
    """Return the columns of a table that conditions can compare, by name."""
    return {c.name: c for c in BY_NAME[table].columns if c.type != "json"}


def pick(column: str, table: str) -> Column:
    """Return a column of a table.

    Raises:
        ConditionError: it has none of this name; the message lists those it has.
    """
    known = fields(table)
    if column not in known:
        msg = f"{table} has no field {column!r}; known: {', '.join(known)}"
        raise ConditionError(msg)
    return known[column]


@dataclass(frozen=True)
class Scope:
    """The surroundings of a condition.

    Attributes:
        entity: what the members are.
        segments: every segment of the workspace, for reuse.
        scores: names of the scores of the workspace.
        path: segments being compiled, outermost first; its length tells aliases apart.
        values: parameters bound so far, by name; shared by nested scopes.
    """

    entity: Entity
    segments: Mapping[str, SegmentFile]
    scores: frozenset[str]
    path: tuple[str, ...]
    values: dict[str, object] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The table that has one row for each possible member."""
        return "gold.account" if self.entity == "organisation" else "gold.profile"

    @property
    def key(self) -> str:
        """The column of events that names the member."""
        return "account_id" if self.entity == "organisation" else "profile_id"

    @property
    def alias(self) -> str:
        """The name of the member's row at this depth."""
        return f"member_{len(self.path)}"

    @property
    def member(self) -> exp.Column:
        """The id of the member."""
        return exp.column(self.key, table=self.alias)

    def inside(self, name: str, entity: Entity) -> Scope:
        """Return the scope of another segment that this one builds upon."""
        return replace(self, entity=entity, path=(*self.path, name))

    def bind(self, value: object) -> exp.Placeholder:
        """Return a parameter that stands for this value."""
        name = f"v{len(self.values) + 1}"
        self.values[name] = value
        return parameter(name)

    def rows(self, table: str, key: str = "profile_id") -> exp.Select:
        """Return a query for the rows of a table, as `it`, that belong to the member."""
        schema, name = table.split(".")
        belongs = exp.column(key, table="it").eq(self.member)
        return exp.select().from_(exp.table_(name, db=schema, alias="it")).where(belongs)


def parameter(name: str) -> exp.Placeholder:
    """Return `$name`."""
    return exp.Placeholder(this=name)


def moment() -> exp.Expr:
    """Return the moment that the run looks from."""
    return exp.cast(parameter("as_of"), "timestamp")


def days_before(days: int) -> exp.Expr:
    """Return the moment this many days before the one that the run looks from."""
    return exp.Sub(this=moment(), expression=exp.func("to_days", exp.Literal.number(days)))


def exists(rows: exp.Select) -> exp.Expr:
    """Return whether the query has a row."""
    return exp.Exists(this=rows.select(exp.Literal.number(1)))


def certain(predicate: exp.Expr) -> exp.Expr:
    """Return the predicate with unknown read as false."""
    return exp.func("coalesce", predicate, exp.false())
