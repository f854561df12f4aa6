from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from cdp.errors import ConfigError, StateError
from cdp.model.tables import TABLES
from cdp.stage import Report
from cdp.store import Warehouse
from cdp.store.ledger import Finished, Ledger
from cdp.store.overview import overview
from cdp.store.peek import peek
from cdp.store.schema import VERSION, audit, last_row
from cdp.store.statement import Statement, parse
from cdp.store.warehouse import WarehouseError

CURSOR = pl.DataFrame(
    {"source": ["a", "b"], "object": ["o", "o"], "position_of": ["f", "f"], "position": ["1", "2"]}
)
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def _statement(sql: str, writes: str) -> Statement:
    return parse(
        "test", f"-- grain: one row\n-- key: global\n-- reads:\n-- writes: {writes}\n{sql}"
    )


def _insert_and_stop(warehouse: Warehouse) -> None:
    with warehouse.transaction():
        warehouse.insert("bronze.cursor", CURSOR)
        message = "stopped in the middle"
        raise RuntimeError(message)


def _insert_and_ask(warehouse: Warehouse, sql: str) -> None:
    with warehouse.transaction():
        warehouse.insert("bronze.cursor", CURSOR)
        warehouse.connection.execute(sql)


def test_a_transaction_keeps_everything_or_nothing(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        with pytest.raises(RuntimeError, match="in the middle"):
            _insert_and_stop(warehouse)
        assert warehouse.count("bronze.cursor") == 0
        with warehouse.transaction():
            warehouse.insert("bronze.cursor", CURSOR)
    with Warehouse.open(tmp_path) as warehouse:
        assert warehouse.count("bronze.cursor") == 2


def test_memory_is_given_back_and_nothing_of_a_transaction_with_it(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, memory_limit="1GB") as warehouse:
        with warehouse.transaction():
            warehouse.put("step.many", pl.DataFrame({"n": range(2_000_000)}))
            before = _held(warehouse)
            warehouse.unload()
            assert warehouse.query("select sum(n) from step.many").item() == 1_999_999_000_000
        warehouse.unload()
        assert _held(warehouse) < before
        assert warehouse.query("select current_setting('memory_limit')").item() == "953.6 MiB"


def _held(warehouse: Warehouse) -> int:
    sql = "select sum(memory_usage_bytes)::bigint from duckdb_memory()"
    return int(warehouse.query(sql).item())


def test_what_the_database_refuses_is_told_in_one_line_and_undone(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        with pytest.raises(WarehouseError, match="the database refused") as caught:
            _insert_and_ask(warehouse, "select * from nowhere")
        assert "\n" not in str(caught.value)
        assert warehouse.count("bronze.cursor") == 0


def test_replace_append_make_and_select(tmp_path: Path) -> None:
    rows = "select 'a' as source, 'o' as object, 'f' as position_of, $at as position"
    statement = parse(
        "t",
        f"-- grain: g\n-- key: global\n-- reads:\n-- params: at\n-- writes: bronze.cursor\n{rows}",
    )
    with Warehouse.open(tmp_path) as warehouse:
        assert warehouse.replace(statement, at="1") == 1
        assert warehouse.append(statement, at="2") == 1
        assert warehouse.replace(statement, at="3") == 1
        assert warehouse.select(statement, at="4")["position"].to_list() == ["4"]
        assert warehouse.make(_statement("select 1 as n", "step.one")) == 1
        assert warehouse.query("select n from step.one").item() == 1
        with pytest.raises(StateError, match="step tables only"):
            warehouse.make(statement, at="1")


def test_a_view_has_what_is_there_when_it_is_read(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.view(_statement("select 1 as it", "temp.seen"))
        warehouse.view(_statement("select source as it from bronze.cursor", "temp.seen"))
        warehouse.insert("bronze.cursor", CURSOR)
        assert warehouse.query("select it from temp.seen order by it")["it"].to_list() == ["a", "b"]


def test_put_replaces_a_table_whole_and_makes_step_tables(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.put("bronze.cursor", CURSOR)
        assert warehouse.put("bronze.cursor", CURSOR.head(1)) == 1
        assert warehouse.put("step.x", CURSOR) == 2
        assert warehouse.count("step.x") == 2


def test_the_digest_sees_rows_and_not_their_order(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.put("bronze.cursor", CURSOR)
        digest = warehouse.digest("bronze.cursor")
        warehouse.put("bronze.cursor", CURSOR.reverse())
        assert warehouse.digest("bronze.cursor") == digest
        warehouse.put("bronze.cursor", CURSOR.head(1))
        assert warehouse.digest("bronze.cursor") != digest


def test_only_one_writer(tmp_path: Path) -> None:
    with (
        Warehouse.open(tmp_path),
        pytest.raises(StateError, match="another run holds"),
        Warehouse.open(tmp_path),
    ):
        pass


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "work.duckdb").write_bytes(b"no database at all" * 1000)
    with pytest.raises(WarehouseError, match="cannot be opened"), Warehouse.open(tmp_path):
        pass
    with pytest.raises(StateError, match="cannot be read"), peek(tmp_path):
        pass


def test_a_workspace_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.connection.execute(
            "insert into ops.migration values (?, current_timestamp at time zone 'UTC')",
            [VERSION + 1],
        )
    with pytest.raises(StateError, match="newer cdp"), Warehouse.open(tmp_path):
        pass


def test_every_table_is_there_with_comments(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        found = warehouse.query(
            "select schema_name || '.' || table_name as name, comment from duckdb_tables()"
        )
        comments = dict(found.iter_rows())
        columns = warehouse.query(
            "select count(*) from duckdb_columns() where comment is null and not internal"
        )
    assert {t.name for t in TABLES} <= set(comments)
    assert all(comments[t.name] for t in TABLES)
    assert columns.item() == 0


def test_the_audit_finds_doubled_keys(tmp_path: Path) -> None:
    cursor = next(t for t in TABLES if t.name == "bronze.cursor")
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.put("bronze.cursor", CURSOR)
        assert audit(warehouse.connection, cursor) == []
        warehouse.insert("bronze.cursor", CURSOR.head(1))
        assert audit(warehouse.connection, cursor) == [("a", "o", "f", 2)]


def test_the_audit_of_what_was_added_looks_at_the_keys_of_later_rows_alone(tmp_path: Path) -> None:
    cursor = next(t for t in TABLES if t.name == "bronze.cursor")
    with Warehouse.open(tmp_path) as warehouse:
        assert last_row(warehouse.connection, cursor) == -1
        warehouse.put("bronze.cursor", CURSOR)
        last = last_row(warehouse.connection, cursor)
        with warehouse.transaction():
            assert audit(warehouse.connection, cursor, last) == []
            warehouse.insert("bronze.cursor", CURSOR.head(1))
            assert audit(warehouse.connection, cursor, last) == [("a", "o", "f", 2)]
        later = last_row(warehouse.connection, cursor)
        assert audit(warehouse.connection, cursor, later) == []


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "-- grain: g\n-- key: global\n-- reads:\nselect 1",
        "-- grain: g\n-- key: global\n-- reads:\n-- writes: x\n-- colour: red\nselect 1",
    ],
)
def test_a_statement_without_its_header_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="header"):
        parse("t", text)


def test_the_ledger_counts_runs_and_knows_what_changed(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as warehouse:
        ledger = Ledger(warehouse)
        first = ledger.begin(NOW, NOW)
        second = ledger.begin(NOW, NOW)
        assert (first, second) == (1, 2)
        ledger.stage_finished(2, "golden", "f1", 0.5, Report({"profiles": 3}, ("a note",)))
        ledger.finish(2, NOW, outcome="published")
        ledger.changed("gold.profile", 2)
        ledger.changed("gold.profile", 2)
        assert ledger.versions(["gold.profile", "gold.score"]) == {
            "gold.profile": 2,
            "gold.score": 0,
        }
        assert ledger.last("golden") == Finished(2, "f1")
        assert ledger.last("scores") is None
        outcomes = warehouse.query("select outcome, message from ops.run order by run_id").rows()
        assert outcomes == [("failed", "the process was stopped"), ("published", None)]


def test_peek_reads_and_never_writes(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no run yet"), peek(tmp_path):
        pass
    with Warehouse.open(tmp_path) as warehouse:
        Ledger(warehouse).begin(NOW, NOW)
    with peek(tmp_path) as warehouse:
        assert overview(warehouse)["run"]["run_id"] == 1
        with pytest.raises(duckdb.Error):
            warehouse.connection.execute("delete from ops.run")
