"""What sources brought, as the tables of loads, positions and runs tell."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from builders import add, opened, workspace
from cdp.sources import SourceInstance
from cdp.sourcing.landed import landed, listing, shown_place
from cdp.sourcing.telling import listed
from cdp.store.lock import writer_lock

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.settings import Workspace

CRM = {"type": "sap_c4c", "path": "crm", "region": "EU"}
TILL = {"type": "csv_file", "path": "till.csv", "description": "The till."}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    found = workspace(tmp_path, {"sources/crm.yaml": CRM, "sources/till.yaml": TILL})
    with opened(tmp_path) as warehouse:
        day = [datetime.fromisoformat(f"2026-01-0{n}T10:00:00") for n in range(1, 4)]
        load = {"source": "crm", "object": "LeadCollection"}
        add(
            warehouse,
            "bronze.load",
            load | {"load_id": 1, "received_at": day[0], "rows_new": 20, "rows_rejected": 1},
            load | {"load_id": 2, "received_at": day[1], "rows_new": 3, "rows_repeated": 9},
            load | {"object": "Other", "load_id": 3, "received_at": day[2], "rows_new": 4},
        )
        at = {"source": "crm", "object": "LeadCollection"}
        add(
            warehouse,
            "bronze.cursor",
            at | {"position_of": "changes", "position": "2026-01-02T09:00:00"},
            at | {"position_of": "absences", "position": "x"},
            at | {"object": "Other", "position_of": "a.json", "position": "x"},
        )
        note = "source crm: https://x answered 403; give it the permission"
        add(
            warehouse,
            "ops.stage_run",
            {"run_id": 1, "stage": "ingest", "notes": ["source till: older"]},
            {"run_id": 2, "stage": "ingest", "notes": ["crm: nothing to read", note]},
            {"run_id": 2, "stage": "canonical", "notes": ["source till: no"]},
        )
    return found


def test_a_list_tells_what_each_source_brought(place: Workspace) -> None:
    (crm, till), unknown = listing(place, place.home)
    assert unknown is None
    assert (crm["rows"], crm["rejected"], crm["last_load"]) == (27, 1, "2026-01-03T10:00:00Z")
    assert (crm["mapping"], till["mapping"]) == ("of the type sap_c4c", None)
    assert [(o["object"], o["rows"], o["read_up_to"]) for o in crm["objects"]] == [
        ("LeadCollection", 23, "2026-01-02T09:00:00"),
        ("Other", 4, "1 file"),
    ]
    assert len(crm["problems"]) == 1
    assert (till["rows"], till["last_load"], till["problems"]) == (0, None, [])


def test_a_source_of_which_some_was_read_is_not_said_to_have_failed(place: Workspace) -> None:
    (crm, till), _ = listing(place, place.home)
    assert (crm["partly"], till["partly"]) == (False, False)
    assert next(iter(listed(crm))) == "crm  sap_c4c  FAILED"
    with opened(place.home.parent) as warehouse:
        notes = ["source crm: LeadCollection answered 403", "crm: read 12 of 13 objects"]
        add(warehouse, "ops.stage_run", {"run_id": 3, "stage": "ingest", "notes": notes})
    (crm, till), _ = listing(place, place.home)
    assert (crm["partly"], till["partly"]) == (True, False)
    assert next(iter(listed(crm))) == "crm  sap_c4c  partly"
    assert next(iter(listed(till))) == "till  csv_file"


def test_nothing_was_run_yet(tmp_path: Path) -> None:
    place = workspace(tmp_path, {"sources/crm.yaml": CRM})
    (crm,), unknown = listing(place, place.home)
    assert (crm["rows"], crm["objects"], unknown) == (0, [], None)
    assert not place.home.exists()


def test_while_a_run_goes_on_it_is_not_known(place: Workspace) -> None:
    with writer_lock(place.home):
        found = landed(place.home)
    assert found.objects == {}
    assert "another run" in (found.unknown_because or "")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (CRM, "crm"),
        (
            {"type": "sap_c4c", "url": "https://my1.example/api@x"},
            "https://my1.example/api@x",
        ),
    ],
)
def test_a_place_is_shown_without_credentials(said: dict[str, str], shown: str) -> None:
    assert shown_place(SourceInstance.model_validate(said)) == shown
