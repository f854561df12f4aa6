"""The file for analysts: refused clearly when it cannot be written or read."""

from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from builders import add, opened
from cdp.errors import InputError, StateError
from cdp.model.tables import BY_NAME
from cdp.model.views import VIEWS
from cdp.store import goldfile
from cdp.store.warehouse import WarehouseError

ORDERS = next(view for view in VIEWS if view.name == "gold.orders")


def test_rows_are_copied_sorted_by_whose_they_are(tmp_path: Path) -> None:
    table, path = BY_NAME["gold.score"], tmp_path / "g.duckdb"
    with opened(tmp_path) as warehouse:
        add(warehouse, table.name, *({"profile_id": p, "score": "s"} for p in ("P-2", "P-1")))
        assert goldfile.fill(warehouse, path, [table]) == {"gold.score": 2}
    with goldfile.reading(path) as connection:
        columns, rows = goldfile.ask(connection, "select profile_id from score")
        assert (columns, list(rows)) == (["profile_id"], [[("P-1",), ("P-2",)]])


def test_a_place_that_cannot_be_written_is_named_and_the_warehouse_stays_usable(
    tmp_path: Path,
) -> None:
    table = BY_NAME["gold.score"]
    with opened(tmp_path) as warehouse:
        with pytest.raises(WarehouseError, match=r"g\.duckdb cannot be written"):
            goldfile.fill(warehouse, tmp_path / "none" / "g.duckdb", [table])
        assert goldfile.fill(warehouse, tmp_path / "g.duckdb", [table]) == {"gold.score": 0}


def test_a_table_that_cannot_be_copied_leaves_nothing_attached(tmp_path: Path) -> None:
    score = BY_NAME["gold.score"]
    with opened(tmp_path) as warehouse:
        warehouse.connection.execute("drop table gold.score")
        for _ in range(2):
            with pytest.raises(WarehouseError, match="score does not exist"):
                goldfile.fill(warehouse, tmp_path / "g.duckdb", [score])


def test_a_view_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="cannot be written"):
        goldfile.describe(tmp_path / "g.duckdb", [], {ORDERS: "select x from gold.nowhere"})


def test_what_is_no_such_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.duckdb").write_bytes(b"no database" * 1000)
    with (
        pytest.raises(StateError, match="cannot be read"),
        goldfile.reading(tmp_path / "bad.duckdb"),
    ):
        pass


def test_a_query_that_fails_while_it_is_read_is_a_clear_error(tmp_path: Path) -> None:
    table = BY_NAME["gold.score"]
    with opened(tmp_path) as warehouse:
        goldfile.fill(warehouse, tmp_path / "g.duckdb", [table])
    with goldfile.reading(tmp_path / "g.duckdb") as connection:
        with pytest.raises(InputError):
            _all(connection, "select error('no') from range(5)")
        assert _all(connection, "select 1") == [(1,)]


def _all(connection: DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    _, batches = goldfile.ask(connection, sql)
    return [row for batch in batches for row in batch]
