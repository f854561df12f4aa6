"""Lists that are short come in pages, too, and the pages leave nothing out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import workspace
from live_server import SCOPES, Live, running
from published import copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ["crm", "erp", "shop", "till", "web"]
FILES: dict[str, object] = {
    **{f"sources/{name}.yaml": {"type": "csv_file", "path": name} for name in NAMES},
    **{f"schedules/{name}.yaml": {"cron": "30 2 * * *", "command": ["run"]} for name in NAMES},
}
LISTS = [
    ("/v1/sources", "source", NAMES),
    ("/v1/schedules", "schedule", NAMES),
    ("/v1/keys", "name", sorted(SCOPES)),
]


@pytest.fixture(scope="module")
def shop(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("pages") / "shop"
    copied(base, folder)
    for room in ("mappings", "schedules"):
        (folder / room).mkdir(exist_ok=True)
    with running(workspace(folder, FILES)) as server:
        yield server


@pytest.mark.parametrize(("path", "name", "expected"), LISTS)
def test_the_pages_of_a_list_are_the_list(
    shop: Live, path: str, name: str, expected: list[str]
) -> None:
    whole = shop.get(path, "admin").json()
    assert sorted(row[name] for row in whole["items"]) == expected
    assert whole["next_cursor"] is None
    items: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = shop.get(f"{path}?limit=2{cursor}", "admin").json()
        assert 1 <= len(page["items"]) <= 2
        items += [row[name] for row in page["items"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert items == [row[name] for row in whole["items"]]
    assert shop.get(f"{path}?limit=0", "admin").status_code == 400
    assert shop.get(f"{path}?cursor=none", "admin").status_code == 400


def test_a_page_begins_behind_a_row_that_is_gone_since(shop: Live) -> None:
    first = shop.get("/v1/sources?limit=2", "admin").json()
    gone = shop.place.root / "sources" / "erp.yaml"
    text = gone.read_text(encoding="utf-8")
    gone.unlink()
    second = shop.get(f"/v1/sources?limit=2&cursor={first['next_cursor']}", "admin").json()
    gone.write_text(text, encoding="utf-8")
    assert [row["source"] for row in second["items"]] == ["shop", "till"]
