"""The way the data flows is one way, and each statement says the truth about itself."""

import re
from collections import defaultdict
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
import sqlglot
from sqlglot import exp

import cdp
from cdp.model.tables import BY_NAME
from cdp.pipeline import STAGES
from cdp.stage import Stage
from cdp.store.statement import Statement, statements

# Tables of a stage's own that carry its memory from run to run: read before they are written.
_LEDGER = {"ops"}
# Rooms with statements but no stage: they look at the tables of stages and write none.
_READERS = {"cdp.planning"}
# The pipeline fills these before a stage begins; any stage may widen them.
_TOUCHED = "step.touched_"
_PUT = re.compile(r"\.put\(\s*\"(step\.\w+)\"")
_KEPT = re.compile(r"\.keep\(\s*\"\w+\.(\w+)\"")


def _rooms_with_sql() -> list[str]:
    return [f"cdp.{m.name}" for m in iter_modules(cdp.__path__) if m.ispkg]


ALL_STATEMENTS = [s for room in _rooms_with_sql() for s in statements(room)]


def _room_of(statement: Statement) -> str:
    return statement.name.split("/", maxsplit=1)[0]


def _stage_of(statement: Statement) -> Stage:
    stage: Stage = import_module(f"{_room_of(statement)}.stage").STAGE
    return stage


OF_STAGES = [s for s in ALL_STATEMENTS if _room_of(s) not in _READERS]


@cache
def _parsed(sql: str) -> exp.Expr:
    """Return the tree of a statement, which several tests look at and none changes."""
    return sqlglot.parse_one(sql, dialect="duckdb")


def _tables_in(statement: Statement) -> set[str]:
    tree = _parsed(statement.sql)
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = {f"{t.db}.{t.name}" if t.db else t.name for t in tree.find_all(exp.Table)}
    return {name for name in found if name not in ctes and "." in name}


def _is_private(table: str) -> bool:
    return table.startswith(("step.", "temp."))


def test_each_stage_reads_only_what_earlier_stages_wrote() -> None:
    written: set[str] = set()
    for stage in STAGES:
        ledger = {t for t in stage.reads if BY_NAME[t].schema in _LEDGER}
        ahead = set(stage.reads) - written - set(stage.writes) - ledger
        assert not ahead, f"{stage.name} reads ahead: {ahead}"
        written |= set(stage.writes)


def test_each_table_has_exactly_one_writer() -> None:
    writes = [table for stage in STAGES for table in stage.writes]
    assert len(writes) == len(set(writes))
    declared = {name for name, table in BY_NAME.items() if table.schema not in _LEDGER}
    assert set(writes) == declared


def test_every_declared_table_of_a_stage_exists() -> None:
    for stage in STAGES:
        unknown = (set(stage.reads) | set(stage.writes)) - set(BY_NAME)
        assert not unknown, f"{stage.name} names tables that do not exist: {unknown}"


@pytest.mark.parametrize("statement", ALL_STATEMENTS, ids=lambda s: s.name)
def test_the_header_names_the_tables_of_the_statement(statement: Statement) -> None:
    assert _tables_in(statement) == set(statement.reads) | set(statement.broadcast)


@pytest.mark.parametrize("statement", OF_STAGES, ids=lambda s: s.name)
def test_the_stage_declares_what_its_statements_touch(statement: Statement) -> None:
    stage = _stage_of(statement)
    touched = {t for t in (*statement.reads, *statement.broadcast) if not _is_private(t)}
    assert touched <= set(stage.reads) | set(stage.writes)
    assert _is_private(statement.writes) or statement.writes in stage.writes


@pytest.mark.parametrize("room", sorted(_READERS))
def test_a_room_without_a_stage_reads_and_never_writes(room: str) -> None:
    assert not (Path(cdp.__file__).parent / room.removeprefix("cdp.") / "stage.py").exists()
    written = {s.writes for s in ALL_STATEMENTS if _room_of(s) == room}
    assert written
    assert all(_is_private(table) for table in written)


def test_no_two_rooms_write_the_same_private_table() -> None:
    """Private tables outlive the run, and deltas build on them."""
    rooms: dict[str, set[str]] = defaultdict(set)
    for statement in ALL_STATEMENTS:
        rooms[statement.writes].add(_room_of(statement))
    source = Path(cdp.__file__).parent
    for path in sorted(source.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        kept = [f"step.{name}_before" for name in _KEPT.findall(text)]
        for table in (*_PUT.findall(text), *kept):
            rooms[table].add(f"cdp.{path.relative_to(source).parts[0]}")
    private = {t: r for t, r in rooms.items() if _is_private(t) and not t.startswith(_TOUCHED)}
    assert {table: sorted(r) for table, r in private.items() if len(r) > 1} == {}


@pytest.mark.parametrize("statement", ALL_STATEMENTS, ids=lambda s: s.name)
def test_the_header_names_the_parameters(statement: Statement) -> None:
    tree = _parsed(statement.sql)
    assert {p.name for p in tree.find_all(exp.Placeholder)} == set(statement.params)


@pytest.mark.parametrize("statement", ALL_STATEMENTS, ids=lambda s: s.name)
def test_gold_statements_name_their_columns(statement: Statement) -> None:
    if statement.writes.startswith("gold."):
        tree = _parsed(statement.sql)
        assert isinstance(tree, exp.Query)
        assert not any(isinstance(column, exp.Star) for column in tree.selects)
