"""A declared block as a statement: the same shape as every list that is packed from gold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.publish import stale
from cdp.publish.blocks import OWNERS, database, load
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.model.tables import Column, Table
    from cdp.publish.blocks import Block
    from cdp.settings import Workspace

_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"
_ONE, _THROUGH = "one", "through"


@dataclass(frozen=True, slots=True)
class Packed:
    """How a block is packed.

    Attributes:
        statement: its rows as entries of lists, each owner's together, in their order.
        ids: step table of the owners whose lists may be others after a delta; None: all of them.
        scope: condition on the rows of each table that make up the lists of these owners.
    """

    statement: Statement
    ids: str | None
    scope: Mapping[str, str]


def packed(workspace: Workspace) -> dict[str, Packed]:
    """Return every declared block by the database that it fills.

    Raises:
        ConfigError: a block does not validate.
    """
    return {database(name): _packed(name, block) for name, block in load(workspace).items()}


def _packed(name: str, block: Block) -> Packed:
    statement = Statement(
        name=f"blocks/{name}",
        sql=_select(block).sql("duckdb"),
        grain=f"one row of the block {name} of one profile or account",
        key="global",
        reads=tuple(table.name for table in block.tables),
        broadcast=(),
        params=(),
        writes=f"step.document_block_{name}",
    )
    return Packed(statement, *_delta(block))


def _delta(block: Block) -> tuple[str | None, Mapping[str, str]]:
    """Return whose lists may be others after a delta, and of which rows these are made."""
    main, owning = block.tables[0], block.tables[-1]
    if block.through is not None and set(block.owners) & {c.name for c in main.columns}:
        # What it is told of through the other table may change without its owner being touched.
        return None, {}
    ids = stale.IDS if set(block.owners) <= set(OWNERS) else stale.RELATED
    scope = {owning.name: " or ".join(stale.among(column, ids) for column in block.owners)}
    if block.through == "gold.order":
        scope[main.name] = "order_id in (select order_id from step.publish_order)"
    return ids, scope


def _select(block: Block) -> exp.Select:
    ranked = _numbered(block, "placed" if block.one_per else "owned", (), "place")
    query = exp.select(exp.column("owner").as_("profile_id"), _document(block).as_("document"))
    query = query.with_("owned", as_=_owned(block))
    if block.one_per:
        query = query.with_("numbered", as_=_numbered(block, "owned", block.one_per, "nth"))
        chosen = exp.select("*").from_("numbered").where("nth = 1")
        query = query.with_("placed", as_=chosen)
    query = query.with_("ranked", as_=ranked).from_("ranked")
    return query.where(f"place <= {block.limit}").order_by("owner", "place")


def _owned(block: Block) -> exp.Select:
    """Return the rows in question, once for each owner."""
    main = block.tables[0]
    owners = exp.func("list_distinct", exp.Array(expressions=[*_each(block, block.owners)]))
    unnested = exp.func("unnest", owners).as_("owner")
    named = [_at(block, name).as_(name, quoted=True) for name in _needed(block)]
    rows = exp.select(unnested, *named).from_(_table(main, _ONE))
    if block.through is not None:
        through = block.tables[1]
        keys = [_plain(_THROUGH, key).eq(_plain(_ONE, key)) for key in through.key]
        rows = rows.join(_table(through, _THROUGH), on=exp.and_(*keys))
    for name, values in block.where.items():
        rows = rows.where(exp.or_(*(_like(_at(block, name), value) for value in values)))
    return rows


def _numbered(block: Block, source: str, more: Iterable[str], number: str) -> exp.Select:
    """Return the rows with their number among those of one owner, and of more columns."""
    order = [_ordered(column, is_last=is_last) for column, is_last in block.sorting.items()]
    order += [_ordered(column, is_last=False) for column in _ties(block)]
    window = exp.Window(
        this=exp.RowNumber(),
        partition_by=[exp.column("owner"), *(exp.column(name, quoted=True) for name in more)],
        order=exp.Order(expressions=order),
    )
    columns = [exp.column(name, quoted=True) for name in _needed(block)]
    rows = exp.select("owner", *columns, window.as_(number)).from_(source)
    return rows.where("owner is not null")


def _document(block: Block) -> exp.Expr:
    """Return the JSON text of a row with a comma behind it."""
    columns = {c.name: c for table in reversed(block.tables) for c in table.columns}
    pairs = [
        exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=_value(columns[name]))
        for name in block.shown
    ]
    struct = exp.Struct(expressions=pairs)
    text = exp.cast(exp.func("to_json", struct), "varchar")
    return exp.func("concat", text, exp.Literal.string(","))


def _value(column: Column) -> exp.Expr:
    found = exp.column(column.name, quoted=True)
    if column.type == "timestamp":
        return exp.Anonymous(this="strftime", expressions=[found, exp.Literal.string(_MOMENT)])
    if column.type == "date":
        return exp.cast(found, "varchar")
    return found


def _like(column: exp.Expr, value: str | None) -> exp.Expr:
    if value is None:
        return exp.Is(this=column, expression=exp.Null())
    if "*" not in value:
        return exp.EQ(this=exp.cast(column, "varchar"), expression=exp.Literal.string(value))
    return exp.Glob(this=exp.cast(column, "varchar"), expression=exp.Literal.string(value))


def _ordered(name: str, *, is_last: bool) -> exp.Ordered:
    return exp.Ordered(this=exp.column(name, quoted=True), desc=is_last, nulls_first=False)


def _needed(block: Block) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*block.shown, *block.sorting, *block.one_per, *_ties(block))))


def _ties(block: Block) -> tuple[str, ...]:
    """Return what tells any two rows of one owner apart: the key, else every column."""
    main = block.tables[0]
    return main.key or tuple(column.name for column in main.columns)


def _each(block: Block, names: Iterable[str]) -> Iterable[exp.Expr]:
    return (_at(block, name) for name in names)


def _at(block: Block, name: str) -> exp.Column:
    """Return a column of the table, else of the one through which its owner is found."""
    is_own = name in {column.name for column in block.tables[0].columns}
    return _plain(_ONE if is_own else _THROUGH, name)


def _plain(table: str, name: str) -> exp.Column:
    return exp.column(name, table=table, quoted=True)


def _table(table: Table, alias: str) -> exp.Expr:
    schema, _, name = table.name.partition(".")
    found = exp.table_(exp.to_identifier(name, quoted=True), db=schema)
    return exp.alias_(found, alias, table=True)
