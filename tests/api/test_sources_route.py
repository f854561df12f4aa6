"""The declared sources over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import Value, add, opened, workspace
from cdp.store.lock import writer_lock
from live_server import Live, running
from published import copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES: dict[str, object] = {
    "sources/crm.yaml": {"type": "sap_c4c", "url": "https://my1.example/x", "region": "EU"},
    "sources/till.yaml": {"type": "csv_file", "path": "till", "schedule": "0 2 * * *"},
}


@pytest.fixture(scope="module")
def shop(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("sources") / "shop"
    copied(base, folder)
    (folder / "mappings").mkdir()
    place = workspace(folder, FILES)
    with opened(folder) as warehouse:
        load: dict[str, Value] = {"source": "crm", "object": "LeadCollection", "rows_new": 7}
        add(warehouse, "bronze.load", load)
        note = "source crm: https://my1.example/x answered 403; give it the permission"
        add(warehouse, "ops.stage_run", {"run_id": 1, "stage": "ingest", "notes": [note]})
    with running(place) as server:
        yield server


def test_sources_are_listed_with_what_they_brought(shop: Live) -> None:
    page = shop.get("/v1/sources", "planner").json()
    assert page["next_cursor"] is None
    crm, till = page["items"]
    assert (crm["source"], crm["rows"], crm["last_load"]) == ("crm", 7, "2026-01-01T00:00:00Z")
    assert (crm["place"], crm["mapping"]) == ("https://my1.example/x", "of the type sap_c4c")
    assert (len(crm["problems"]), crm["partly"]) == (1, False)
    assert (crm["schedule"], till["schedule"]) == (None, "0 2 * * *")
    assert (till["rows"], till["mapping"], till["unknown_because"]) == (0, None, None)
    assert shop.get("/v1/sources/crm", "planner").json() == crm


def test_a_source_that_is_not_there_or_not_to_be_seen(shop: Live) -> None:
    assert shop.get("/v1/sources/none", "planner").status_code == 404
    assert shop.get("/v1/sources", "steward").status_code == 403
    assert shop.get("/v1/sources/crm", "steward").status_code == 403


def test_while_a_run_goes_on_what_was_brought_is_not_known(shop: Live) -> None:
    with writer_lock(shop.place.home):
        found = shop.get("/v1/sources/crm", "planner").json()
    assert "another run" in found["unknown_because"]
    assert (found["type"], found["rows"]) == ("sap_c4c", 0)


def test_a_file_that_does_not_validate_is_a_problem(shop: Live) -> None:
    broken = shop.place.root / "sources" / "broken.yaml"
    broken.write_text("type: nothing\n", encoding="utf-8")
    answered = shop.get("/v1/sources", "planner")
    broken.unlink()
    assert (answered.status_code, answered.json()["code"]) == (503, "not_ready")
    assert "broken.yaml" in answered.json()["detail"]
