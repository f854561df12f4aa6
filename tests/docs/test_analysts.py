"""The analysts' queries run and answer on the demo."""

import re
from pathlib import Path

import pytest

from cdp.settings import Workspace
from cdp.store import manifest
from cdp.store.connection import connect

PAGE = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
QUERIES = dict(
    zip(
        re.findall(r"^## \d+\. (.+)$", PAGE, re.MULTILINE),
        re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL),
        strict=True,
    )
)


def test_there_are_ten() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize("title", QUERIES)
def test_query_answers(title: str, demo: Workspace) -> None:
    served = manifest.current(demo.home)
    assert served is not None
    with connect(served.path(demo.home, "gold"), read_only=True) as gold:
        rows = gold.execute(QUERIES[title]).fetchall()
    assert rows


def test_every_view_and_column_of_gold_carries_a_comment(demo: Workspace) -> None:
    served = manifest.current(demo.home)
    assert served is not None
    with connect(served.path(demo.home, "gold"), read_only=True) as gold:
        views = gold.execute(
            "select view_name, comment from duckdb_views() where schema_name = 'gold'"
        ).fetchall()
        mute = gold.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name = 'gold' and comment is null"
        ).fetchall()
    assert len(views) >= 20
    assert [name for name, comment in views if not comment] == []
    assert mute == []
