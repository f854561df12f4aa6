"""Laws of landing, over random histories of deliveries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import carry_out, opened, workspace
from cdp.ingest.stage import STAGE
from cdp.store import Warehouse
from source_files import write

Row = tuple[int, str, str]
LAW = settings(max_examples=8, deadline=None)
ROW = st.tuples(st.integers(1, 3), st.sampled_from("ABC"), st.sampled_from(["", "2026-01-0"]))
DELIVERIES = st.lists(st.lists(ROW, max_size=5), min_size=1, max_size=4)
OPTIONS = {"id_column": "id", "changed_at_column": "at"}


def _text(rows: list[Row]) -> str:
    lines = [f"{key},{name},{at}{key if at else ''}" for key, name, at in rows]
    return "\n".join(["id,name,at", *lines])


class History:
    """One working file for all examples; each example is a source of its own."""

    def __init__(self, root: Path, warehouse: Warehouse) -> None:
        self.root, self.warehouse, self.examples = root, warehouse, 0

    def land(self, deliveries: list[list[Row]]) -> tuple[list[Row], list[dict[str, int]]]:
        """Land one file after the other; return the versions as they arrived, and the counts."""
        self.examples += 1
        source = f"crm_{self.examples}"
        declared = {"type": "csv_file", "path": source, "options": OPTIONS}
        rules = workspace(self.root / source, {f"sources/{source}.yaml": declared})
        counts = []
        for number, rows in enumerate(deliveries, start=1):
            write(self.root / source / "data" / source, {f"people-{number}.csv": _text(rows)})
            counts.append(dict(carry_out(STAGE, self.warehouse, rules, run_id=number).counts))
        landed = self.warehouse.query(
            "select cast(native_id as integer), json_extract_string(payload, '$.name'), "
            "if(changed_at is null, '', '2026-01-0') from bronze.record where source = $source "
            "order by seq",
            source=source,
        )
        return [(key, name, at) for key, name, at in landed.iter_rows()], counts


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    folder = tmp_path_factory.mktemp("history")
    with opened(folder) as warehouse:
        yield History(folder, warehouse)


@LAW
@given(DELIVERIES)
def test_every_row_is_accounted_for_and_every_version_is_kept(
    history: History, deliveries: list[list[Row]]
) -> None:
    landed, counts = history.land(deliveries)
    assert [c["rows_in"] for c in counts] == [len(rows) for rows in deliveries]
    assert all(
        c["rows_in"] == c["rows_new"] + c["rows_repeated"] + c["rows_rejected"] for c in counts
    )
    assert set(landed) == {row for rows in deliveries for row in rows}
    dated = [row for row in landed if row[2]]
    assert len(dated) == len(set(dated))


@LAW
@given(DELIVERIES)
def test_the_last_version_delivered_alone_is_the_last_that_landed(
    history: History, deliveries: list[list[Row]]
) -> None:
    alone = [[(key, name, "")] for rows in deliveries for key, name, _ in rows]
    landed, _ = history.land(alone)
    assert {key: name for key, name, _ in landed} == {key: name for [(key, name, _)] in alone}


@LAW
@given(st.lists(ROW, max_size=8))
def test_the_same_rows_again_land_nothing(history: History, rows: list[Row]) -> None:
    _, counts = history.land([rows, rows])
    assert counts[1]["rows_new"] == 0
    assert counts[1]["rows_repeated"] == len(rows)
