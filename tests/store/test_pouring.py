"""What is poured is there: each row once as it was, and no less when making them fails.

In which order rows lie is DuckDB's to choose; a number that they carry tells theirs.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import in_memory
from cdp.store import Warehouse
from cdp.store.pouring import pour

SIZES = st.lists(st.integers(0, 5), max_size=9)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with in_memory(tmp_path) as found:
        found.connection.execute("create table poured (name varchar, number bigint)")
        yield found


def frames(sizes: list[int]) -> Iterator[pl.DataFrame]:
    """Yield frames of these sizes with their columns in another order than the table's."""
    done = 0
    for size in sizes:
        numbers = list(range(done, done + size))
        names = [f"n{number}" for number in numbers]
        schema = {"number": pl.Int64, "name": pl.String}
        yield pl.DataFrame({"number": numbers, "name": names}, schema=schema)
        done += size


def there(warehouse: Warehouse) -> list[tuple[str, int]]:
    """Return the rows in the order of their numbers."""
    return warehouse.query("select name, number from poured order by number").rows()


@given(sizes=SIZES)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_in_are_rows_out(warehouse: Warehouse, sizes: list[int]) -> None:
    warehouse.connection.execute("delete from poured")
    assert pour(warehouse, "poured", frames(sizes)) == sum(sizes)
    assert there(warehouse) == [(f"n{number}", number) for number in range(sum(sizes))]


def test_many_large_frames_are_there_whole(warehouse: Warehouse) -> None:
    assert pour(warehouse, "poured", frames([20_000] * 12)) == 240_000
    found = warehouse.query("select name, number from poured order by number")
    assert (found["number"] == pl.Series(range(240_000))).all()
    assert (found["name"] == "n" + found["number"].cast(pl.String)).all()


def test_what_was_made_before_a_failure_is_there(warehouse: Warehouse) -> None:
    def failing() -> Iterator[pl.DataFrame]:
        yield from frames([3, 4, 5])
        msg = "the system stopped answering"
        raise OSError(msg)

    with pytest.raises(OSError, match="stopped answering"):
        pour(warehouse, "poured", failing())
    assert [number for _, number in there(warehouse)] == list(range(12))


def test_a_frame_that_cannot_be_added_ends_the_making(warehouse: Warehouse) -> None:
    warehouse.connection.execute("create table few (number bigint check (number < 4), name text)")
    made: list[int] = []

    def counted() -> Iterator[pl.DataFrame]:
        for frame in frames([3] * 500):
            made.append(len(frame))
            yield frame

    with pytest.raises(Exception, match="CHECK constraint"):
        pour(warehouse, "few", counted())
    assert warehouse.count("few") == 0
    assert len(made) <= 500
    assert pour(warehouse, "poured", frames([2, 2])) == 4
