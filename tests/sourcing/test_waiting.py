"""What waits in quarantine for those who may not see personal data, and counts in words."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders import workspace
from cdp.settings import Workspace
from cdp.sourcing.masked import masked_waiting
from cdp.sourcing.telling import versions

CONTACT = {
    "ContactID": "0009",
    "LastName": "Quint",
    "StatusCode": "2",
    "Email": "nora@example.org",
    "Notes_KUT": "Call nora@example.org, 0301",
}
ROW = {
    "quarantine_id": "96d2a420",
    "record_id": "crm:nora@example.org",
    "source": "crm",
    "object": "ContactCollection",
    "native_id": "nora@example.org",
    "seq": 1,
    "reason": "Email:format",
    "field": "Email",
    "message": "Email is no e-mail address",
    "original": "Quint at home",
    "rules": ["Email:format"],
    "payload": json.dumps(CONTACT),
    "corrections": [],
}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    files = {
        "cdp.yaml": {"name": "test", "country": "DE"},
        "sources/crm.yaml": {"type": "sap_c4c", "path": "crm"},
    }
    return workspace(tmp_path, files)


def shown(place: Workspace, **changes: Any) -> dict[str, Any]:
    [row] = masked_waiting([ROW | changes], place)
    return row


def test_a_record_is_shown_as_a_preview_shows_it(place: Workspace) -> None:
    row = shown(place)
    assert (row["record_id"], row["native_id"]) == ("crm:n***@example.org", "n***@example.org")
    assert json.loads(row["payload"]) == {
        "ContactID": "***",
        "LastName": "***",
        "StatusCode": "2",
        "Email": "n***@example.org",
        "Notes_KUT": "***",
    }
    assert (row["message"], row["corrections"]) == ("Email is no e-mail address", [])


CASES = [
    ({}, "***"),
    ({"original": "nora@example.org"}, "n***@example.org"),
    ({"field": "StatusCode", "original": "77"}, "77"),
    ({"field": None, "original": "Quint"}, "***"),
    ({"field": "ordered_at", "rules": [], "original": "31.2.2026"}, "31.2.2026"),
    ({"field": "full_name", "rules": [], "original": "Quint"}, "***"),
    ({"seq": None, "payload": None, "original": '{"mail":"a@b.example","name":"Q"}'}, "***"),
    ({"original": '{"mail":"a@b.example","name":"Q"}'}, "***"),
    ({"original": None}, None),
    ({"source": "gone", "field": "StatusCode", "original": "77"}, "***"),
]


@pytest.mark.parametrize(("changes", "original"), CASES, ids=lambda each: str(each)[:40])
def test_a_value_at_fault_is_shown_as_far_as_its_field_is(
    place: Workspace, changes: dict[str, Any], original: str | None
) -> None:
    assert shown(place, **changes)["original"] == original


def test_why_somebody_dropped_a_record_is_not_shown(place: Workspace) -> None:
    said = "dropped by a person: Nora asked for it"
    assert shown(place, reason="dropped", message=said)["message"] == "dropped by a person"


def test_one_version_is_no_versions() -> None:
    assert [versions(1), versions(1200)] == ["1 version of a record", "1,200 versions of records"]
