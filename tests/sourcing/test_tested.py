"""Sources put to the test, over a real socket and from files; nothing is written anywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from builders import add, opened, workspace
from cdp.errors import NotFoundError
from cdp.sources import Opening, SourceInstance
from cdp.sourcing.look import impatient
from cdp.sourcing.telling import refused, screen
from cdp.sourcing.tested import Shown, report, shown
from simulators.odata import Row, System, date, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdp.settings import Workspace

NOW = datetime(2026, 7, 1, tzinfo=UTC)
LEADS, TASKS, VISITS = "LeadCollection", "TasksCollection", "VisitCollection"
AUTH = {"kind": "basic", "user": {"env": "CRM_USER"}, "password": {"env": "CRM_PASSWORD"}}
OWN = """
extends: sap_c4c
objects:
  LeadCollection:
    leads:
      - {party: ContactID, created_at: Created, status: {const: open}, name: Nmae}
"""


def lead(number: int, **fields: object) -> Row:
    changed = date(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number))
    return {
        "ObjectID": f"{number:032X}",
        "ID": str(number),
        "EntityLastChangedOn": changed,
        **fields,
    }


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("CRM_USER", "reader")
    monkeypatch.setenv("CRM_PASSWORD", "secret")
    rows = [lead(n, Name="x", ContactID="7") for n in range(1, 41)]
    with serving(System({LEADS: rows, TASKS: [], VISITS: []}, page=10)) as running:
        yield running


def declares(tmp_path: Path, system: System, files: dict[str, object] | None = None) -> Workspace:
    crm = {
        "type": "sap_c4c",
        "url": system.url,
        "auth": AUTH,
        "limits": {"attempts": 1},
        "objects": [LEADS, TASKS, VISITS],
    }
    return workspace(tmp_path, {"sources/crm.yaml": crm, **(files or {})})


def test_each_object_is_looked_at_by_itself(tmp_path: Path, system: System) -> None:
    system.forbidden = {TASKS}
    place = declares(tmp_path, system)
    with opened(tmp_path) as warehouse:
        at = {"source": "crm", "object": LEADS, "position_of": "changes", "position": "2026-01-01"}
        add(warehouse, "bronze.cursor", at)
        add(warehouse, "bronze.load", {"source": "crm", "object": LEADS, "rows_new": 40})
    found = shown(place, "crm", NOW)
    told = report(found, place)
    leads, tasks, visits = told["objects"]
    assert (leads["records"], leads["more"], leads["read_up_to"]) == (40, False, "2026-01-01")
    assert (leads["fields"], leads["schema"]) == (6, False)
    assert tasks["problem"].endswith("give it the permission, or leave the object out")
    assert (visits["readable"], visits["records"], visits["fields"]) == (True, 0, 0)
    assert found.is_readable
    assert not found.errors
    assert [note.partition(":")[0] for note in told["notes"]] == ["its schema is not known"]
    json.dumps(told)
    lines = [line for text in screen(told) for line in text.splitlines()]
    assert max(len(line) for line in lines) <= 80
    assert "2 of 3 objects can be read" in lines
    assert any("403: no authorisation" in line for line in lines)


def test_a_refused_password_is_tried_once(
    tmp_path: Path, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "mistyped")
    place = declares(tmp_path, system)
    told = report(shown(place, "crm", NOW), place)
    assert system.strangers == 1
    assert [each["readable"] for each in told["objects"]] == [False] * 3
    lines = "\n".join(screen(told))
    assert lines.count("401: the user or the password is wrong") == 3
    assert "3 not readable: the credentials were refused" in lines
    assert "0 of 3 objects can be read" in lines


def test_only_the_first_rows_are_read(tmp_path: Path, system: System) -> None:
    place = declares(tmp_path, system)
    found = shown(place, "crm", NOW, rows=3, only=LEADS)
    (seen,) = found.look.objects
    assert (len(seen.rows), seen.is_all) == (3, False)
    assert sum(LEADS in path for path in system.asked) <= 3
    assert not any(TASKS in path for path in system.asked)
    assert not place.home.exists()


def test_the_systems_own_schema_decides(tmp_path: Path, system: System) -> None:
    system.described = {LEADS: ("ID", "Name", "ContactID")}
    place = declares(tmp_path, system, {"mappings/crm.yaml": OWN})
    found = shown(place, "crm", NOW)
    assert [(f.object, f.fields, f.nearest, f.is_error) for f in found.findings] == [
        (LEADS, ("Created",), None, True),
        (LEADS, ("Nmae",), "Name", True),
    ]
    assert report(found, place)["objects"][0]["schema"]
    lines = "\n".join(screen(report(found, place)))
    assert "error: LeadCollection: the mapping reads Nmae, which its schema" in lines
    assert "did you mean Name?" in lines


def test_what_is_refused_takes_a_line_each(tmp_path: Path, system: System) -> None:
    system.forbidden = {TASKS, VISITS}
    found = shown(declares(tmp_path, system), "crm", NOW)
    lines = list(
        refused({each.object: each.problem for each in found.look.objects if each.problem})
    )
    assert [line[:20] for line in lines[:3]] == [f"{TASKS}  403", f"{VISITS}  403", ""]
    assert max(len(line) for text in lines for line in text.splitlines()) <= 80
    assert lines[3].startswith("2 not readable: ")
    assert list(refused({})) == []


def test_the_systems_own_types_decide(tmp_path: Path, system: System) -> None:
    rows = [lead(n, Name="x", ContactID="7", Open=True) for n in (1, 2)]
    system.sets = {LEADS: rows, TASKS: rows, VISITS: rows}
    own = OWN.replace("Nmae", "Name").replace("Created", "Open")
    place = declares(tmp_path, system, {"mappings/crm.yaml": own})
    (looked_at,) = shown(place, "crm", NOW, only=LEADS).findings
    assert (looked_at.problem, looked_at.is_error) == ("unfit_type", False)
    assert "Open is in all records looked at true or false, which cannot become" in looked_at.says
    system.describes = True
    found = shown(place, "crm", NOW, only=LEADS)
    assert [(f.problem, f.fields) for f in found.errors] == [("unfit_type", ("Open",))]
    lines = " ".join("\n".join(screen(report(found, place))).split())
    assert "error: LeadCollection: Open is declared as Edm.Boolean, which cannot become" in lines
    assert "a date, and is mapped to created_at; map another field" in lines


def test_what_a_types_mapping_reads_for_nothing_is_no_error(tmp_path: Path, system: System) -> None:
    system.described = {LEADS: ("ID", "Name", "ContactID")}
    place = declares(tmp_path, system)
    found = shown(place, "crm", NOW)
    assert found.findings
    assert not found.errors
    assert "LeadCollection: the mapping also reads what is not there" in "\n".join(
        screen(report(found, place))
    )


def test_a_system_that_does_not_answer_is_told_of(
    tmp_path: Path, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_PASSWORD")
    place = declares(tmp_path, system)
    found = shown(place, "crm", NOW, only=LEADS)
    assert not found.is_readable
    assert "CRM_PASSWORD is not set" in (found.look.problem or "")
    assert "0 of 0 objects can be read" in list(screen(report(found, place)))


def test_files_are_looked_at_too(tmp_path: Path) -> None:
    rows = [f"{n};Ada;{'x' if n else ''}" for n in range(3)]
    (tmp_path / "data" / "till").mkdir(parents=True)
    text = "\n".join(["id;first;last", *rows]) + "\n"
    (tmp_path / "data" / "till" / "buyer.csv").write_text(text, encoding="utf-8")
    (tmp_path / "data" / "till" / "sale.csv").write_text("id\nbad;row\n", encoding="utf-8")
    options = {"delimiter": ";", "id_column": "id"}
    till = {"type": "csv_file", "path": "till", "options": options}
    own = (
        "objects:\n  buyer:\n    parties:\n      - {type: {const: person}, status: {const: active}"
    )
    own += ", attributes: {given_name: frist}}\n  stock:\n    products: [{name: n}]\n"
    place = workspace(tmp_path, {"sources/till.yaml": till, "mappings/till.yaml": own})
    found = shown(place, "till", NOW)
    assert [(f.object, f.problem, f.nearest, f.is_error) for f in found.findings] == [
        ("buyer", "unknown_field", "first", True),
        ("sale", "not_mapped", None, False),
        ("stock", "not_delivered", None, False),
    ]
    assert [(s.object, len(s.rows), len(s.rejected)) for s in found.look.objects] == [
        ("buyer", 3, 0),
        ("sale", 0, 1),
    ]


def test_a_path_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    place = workspace(tmp_path, {"sources/till.yaml": {"type": "csv_file", "path": "till"}})
    found: Shown = shown(place, "till", NOW)
    assert "cannot be read" in (found.look.problem or "")
    assert found.notes == ("nothing says what its records are; write mappings/till.yaml",)


@pytest.mark.parametrize(
    ("name", "only", "says"),
    [
        ("crn", None, "there is no source 'crn'; there are: crm"),
        ("crm", "Leads", "delivers no 'Leads'; it delivers LeadCollection, TasksC"),
    ],
)
def test_what_is_not_there_is_an_error(
    tmp_path: Path, system: System, name: str, only: str | None, says: str
) -> None:
    with pytest.raises(NotFoundError, match=says):
        shown(declares(tmp_path, system), name, NOW, only=only)


def test_a_look_gives_up_soon(tmp_path: Path) -> None:
    limits: dict[str, Any] = {"requests_per_minute": 9, "timeout": 60, "attempts": 6}
    said = {"type": "sap_c4c", "url": "https://x.example", "limits": limits}
    instance = SourceInstance.model_validate(said)
    soon = impatient(Opening("crm", instance, tmp_path, {("a", "b"): "c"})).instance.limits
    assert (soon.requests_per_minute, soon.timeout, soon.attempts) == (9, 20, 2)
