"""The chosen columns of those who may leave, as one query over gold.

Invariant: where members are contacted, a column that holds a contact point hands out the one that
the gate let through for its own channel, or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.activation.hashing import shaped
from cdp.errors import ConfigError
from cdp.model.tables import BY_NAME

if TYPE_CHECKING:
    from cdp.destinations import Channel, DestinationDefinition, ExportColumn

_CHANNELS: Final[dict[str, Channel]] = {
    "email": "email",
    "phone": "phone",
    "street": "post",
    "house_number": "post",
}
"""Fields that hold a contact point, and the channel that it is of."""

_SAME: Final = {"phone": ("phone", "sms")}
_PARTIES: Final = (("p", "gold.profile", "profile_id"), ("a", "gold.account", "account_id"))


@dataclass(frozen=True, slots=True)
class Selection:
    """A query for the columns of `temp.gate`, without an order, and its parameters.

    Attributes:
        query: the columns; `m` is the gate.
        values: parameters.
        joined: aliases of the tables that are joined.
    """

    query: exp.Select
    values: dict[str, object] = field(default_factory=dict)
    joined: frozenset[str] = frozenset()

    @property
    def sql(self) -> str:
        """The query as text, ordered by profile_id."""
        ordered = self.query.order_by(exp.column("profile_id", table="m"))
        return ordered.sql("duckdb", identify=True)

    def keyed(self) -> exp.Select:
        """Return the query with the member's id, under a name that no heading can have."""
        return self.query.select(exp.column("profile_id", table="m").as_("#id"))


def also(wish: DestinationDefinition) -> tuple[Channel, ...]:
    """Return the channels whose permissions the columns need besides that of the destination."""
    if not wish.is_contacting:
        return ()
    asked = {_CHANNELS[c.field] for c in wish.columns if c.field in _CHANNELS}
    return tuple(sorted(one for one in asked if wish.channel not in _SAME.get(one, (one,))))


def select(wish: DestinationDefinition, *, of_accounts: bool = True) -> Selection:
    """Return the query for the columns of everybody in `temp.gate` who may leave.

    Members may be persons, visitors or organisations; a field that an organisation does not
    have is empty for it.

    Raises:
        ConfigError: a column names a field that is not there; the message lists those that are.
    """
    gate = exp.table_("gate", db="temp", alias="m")
    may = exp.column("reason", table="m").is_(exp.null())
    selection = Selection(exp.select().from_(gate).where(may))
    for column in wish.columns:
        selection = _with(selection, column, wish, of_accounts=of_accounts)
    return selection


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


def _with(
    selection: Selection, column: ExportColumn, wish: DestinationDefinition, *, of_accounts: bool
) -> Selection:
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
    channel = _CHANNELS.get(column.field) if wish.is_contacting else None
    if channel is not None:
        selection, value = _let_through(selection, column.field, channel, wish)
    else:
        places = [c for c in known[column.field] if of_accounts or c.table != "a"]
        selection = _joining(selection, {c.table for c in places})
        value = exp.func("coalesce", *places) if len(places) > 1 else _one(places)
    shown = shaped(value, column, wish.channel).as_(column.name)
    return replace(selection, query=selection.query.select(shown))


def _one(places: list[exp.Column]) -> exp.Expr:
    return places[0] if places else exp.cast(exp.null(), "varchar")


def _let_through(
    selection: Selection, field_: str, channel: Channel, wish: DestinationDefinition
) -> tuple[Selection, exp.Expr]:
    """Return the contact point of a channel as far as the gate of that channel hands it out."""
    if wish.channel in _SAME.get(channel, (channel,)):
        value: exp.Expr = exp.column("contact", table="m")
        may: exp.Expr = exp.true()
    else:
        alias = f"gate_{channel}"
        if alias not in selection.joined:
            same = exp.column("profile_id", table=alias).eq(exp.column("profile_id", table="m"))
            right = exp.table_(alias, db="temp", alias=alias)
            query = selection.query.join(right, on=same, join_type="left")
            selection = replace(selection, query=query, joined=selection.joined | {alias})
        value = exp.column("contact", table=alias)
        may = exp.column("reason", table=alias).is_(exp.null())
    if channel == "post":  # the parts of the address that the gate judged as a whole
        selection = _joining(selection, {"p", "a"})
        value = exp.func("coalesce", *(exp.column(field_, table=alias) for alias in "pa"))
    return selection, value if may == exp.true() else exp.func("if", may, value, exp.null())


def _with_score(selection: Selection, column: ExportColumn, name: str) -> Selection:
    score, _, part = name.partition(".")
    if part not in {"", "band"}:
        msg = f"unknown column {column.field!r}; known: score.{score}, score.{score}.band"
        raise ConfigError(msg)
    alias = f"s{len(selection.values) + 1}"
    values = {**selection.values, alias: score}
    is_it = exp.column("score", table=alias).eq(exp.Placeholder(this=alias))
    query = _joined(selection.query, "gold.score", alias, "profile_id", is_it)
    value = exp.column(part or "value", table=alias)
    return replace(selection, query=query.select(value.as_(column.name)), values=values)


def _joining(selection: Selection, aliases: set[str]) -> Selection:
    """Return the selection with these tables joined that are not joined yet."""
    tables = {alias: (table, key) for alias, table, key in _PARTIES}
    tables["f"] = ("gold.feature", "profile_id")
    query = selection.query
    for alias in sorted(aliases & tables.keys() - selection.joined):
        query = _joined(query, tables[alias][0], alias, tables[alias][1])
    return replace(selection, query=query, joined=selection.joined | aliases)


def _joined(query: exp.Select, table: str, alias: str, key: str, *more: exp.Expr) -> exp.Select:
    same = exp.column(key, table=alias).eq(exp.column("profile_id", table="m"))
    schema, name = table.split(".")
    right = exp.table_(name, db=schema, alias=alias)
    return query.join(right, on=exp.and_(same, *more), join_type="left")
