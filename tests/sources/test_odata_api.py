"""OData services described in YAML: both versions, by a field of change and by their own links."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import carry_out, opened, workspace
from cdp.errors import ConfigError
from cdp.ingest.stage import STAGE
from cdp.sources import INSTANCES, SOURCES, Opening, SourceInstance
from cdp.sources.remote.odata_delta import TrackedKey, is_gone
from simulators.odata import System, date
from simulators.odata import serving as serving_2
from simulators.odata4 import Row, Service, serving
from walked import Walked

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
AUTH = {"kind": "basic", "user": {"env": "USER_2"}, "password": {"env": "PASSWORD_2"}}
CHANGED = {"key": "OrderID", "changed": "ChangedAt"}
TRACKED = {"key": "OrderID", "track_changes": True}


def order(number: int, minute: int | None = None) -> Row:
    changed = BEGUN + timedelta(minutes=number if minute is None else minute)
    return {"OrderID": f"O{number:04}", "ChangedAt": f"{changed:%Y-%m-%dT%H:%M:%S}Z"}


@pytest.fixture
def service() -> Iterator[Service]:
    orders = [order(number) for number in range(1, 251)]
    with serving(Service({row["OrderID"]: row for row in orders})) as running:
        yield running


def place_of(root: Path, url: str, declared: Row, **options: Any) -> Walked:
    source = {
        "type": "odata",
        "url": url,
        "limits": {"attempts": 2, "longest_wait": 0.05},
        "options": {"version": 4, "entity_sets": {"Orders": declared}, **options},
    }
    return Walked(source, root)


def test_version_4_is_read_in_the_order_of_change(tmp_path: Path, service: Service) -> None:
    place = place_of(tmp_path, f"{service.url}/v4", CHANGED)
    assert place.load() == 250
    assert len(service.asked) == 3
    service.put(**order(7, 5_000))
    service.asked.clear()
    assert place.load() == 1
    assert "ChangedAt%20ge%202026-01-01T04%3A00%3A00.000Z" in service.asked[0]


def test_what_the_service_tracks_is_read_by_its_links(tmp_path: Path, service: Service) -> None:
    place = place_of(tmp_path, f"{service.url}/v4", TRACKED)
    assert place.load() == 250
    service.put(**order(7, 5_000))
    service.drop("O0009")
    service.asked.clear()
    assert place.load() == 2
    assert (service.asked, place.gone()) == (["/v4/Orders?$deltatoken=0"], ["O0009"])
    assert (place.load(), place.read) == (0, 0)
    service.put(**order(9, 9_000))
    assert place.load() == 1


def test_what_is_gone_may_be_told_by_its_address(tmp_path: Path, service: Service) -> None:
    place = place_of(tmp_path, f"{service.url}/v4", {**TRACKED, "changed": "ChangedAt"})
    service.by_address = True
    place.load()
    service.drop("O0009")
    place.load()
    assert place.gone() == ["O0009"]


def test_a_forgotten_link_means_reading_all_and_comparing(tmp_path: Path, service: Service) -> None:
    place = place_of(tmp_path, f"{service.url}/v4", TRACKED)
    place.load()
    service.drop("O0009")
    service.put(**order(251))
    service.forgets = True
    assert place.load() == 2
    assert place.gone() == ["O0009"]
    service.forgets = False
    assert (place.load(), place.read) == (0, 0)


def test_a_service_that_tracks_nothing_is_told_of(tmp_path: Path, service: Service) -> None:
    service.tracks = False
    place = place_of(tmp_path, f"{service.url}/v4", TRACKED)
    place.load()
    (note,) = place.notes
    assert "keeps no track of its changes; leave track_changes: out" in note


def test_another_version_is_told_of(tmp_path: Path, service: Service) -> None:
    place = place_of(tmp_path, f"{service.url}/v4", CHANGED, version=2)
    place.load()
    (note,) = place.notes
    assert "no page of OData version 2; look at url:" in note


def test_version_2_is_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_2", "reader")
    monkeypatch.setenv("PASSWORD_2", "secret")
    rows = [{"ID": n, "At": date(BEGUN + timedelta(days=n)), "Off": n == 3} for n in range(1, 6)]
    items: Row = {"key": "ID", "changed": "At", "changed_type": "datetime"}
    sets = {"Items": {**items, "deleted": {"Off": True}, "select": ["Off"]}}
    options = {"version": 2, "entity_sets": sets, "compare_days": None}
    with serving_2(System({"Items": [dict(row) for row in rows]}, page=2)) as system:
        source = {"type": "odata", "url": system.url, "auth": AUTH, "options": options}
        rules = workspace(tmp_path, {"sources/erp.yaml": source})
        with opened(tmp_path) as warehouse:
            report = carry_out(STAGE, warehouse, rules)
            assert report.counts["rows_new"] == 5
            gone = warehouse.query("select native_id from bronze.record where is_deleted")
            assert list(gone["native_id"]) == ["3"]
            assert "select=ID%2CAt%2COff" in system.asked[0]
            system.asked.clear()
            carry_out(STAGE, warehouse, rules, run_id=2)
            assert "filter=At%20ge%20datetime%272026-01-05T23%3A50%3A00%27" in system.asked[0]


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"Order": "A", "Line": 1}, "A|1"),
        ({"@removed": {}, "Order": "A", "Line": 1}, "A|1"),
        ({"@removed": {}, "@id": "x/Lines(Order='A%20''b',Line=1)"}, "A 'b|1"),
        ({"@odata.context": "x/$metadata#Lines/$deletedEntity", "id": "77"}, "77|"),
        ({"@removed": {}}, None),
    ],
)
def test_keys_of_what_is_gone(row: Row, key: str | None) -> None:
    assert TrackedKey(("Order", "Line"))(row) == key
    assert is_gone(row) == ("Order" not in row or "@removed" in row)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("{version: 3, entity_sets: {A: {key: I}}}", "version: Input should be 2 or 4"),
        ("{version: 4, entity_sets: {}}", "entity_sets: Dictionary should have at least 1 item"),
        ("{version: 4, entity_sets: {A: {}}}", "entity_sets.A.key: Field required"),
        ("{version: 2, entity_sets: {A: {key: I, track_changes: true}}}", "only version 4 has it"),
        ("{version: 2, entity_sets: {A: {key: I, created: C}}}", "say in changed: what it stands"),
    ],
)
def test_mistakes_are_told_when_the_file_is_read(options: str, told: str, tmp_path: Path) -> None:
    declared = f"type: odata\nurl: http://x\noptions: {options}\n"
    place = workspace(tmp_path, {"sources/it.yaml": declared})
    with pytest.raises(ConfigError, match=rf"(?s)it\.yaml does not validate.*line 3.*{told}"):
        place.many(INSTANCES)


def test_only_sets_that_are_described_may_be_asked_for(tmp_path: Path) -> None:
    options = {"version": 4, "entity_sets": {"A": {"key": "I"}}}
    declared = {"type": "odata", "url": "http://x", "objects": ["B"], "options": options}
    opening = Opening("erp", SourceInstance.model_validate(declared), tmp_path)
    with pytest.raises(ConfigError, match=r"names B, but options.entity_sets has .* some of A$"):
        SOURCES.get("odata").find(opening)
