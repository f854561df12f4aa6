"""What every source type that is no file promises, whoever wrote it: the same tests for all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bronze_room import emptied
from builders import carry_out, in_memory, workspace
from cdp.ingest.stage import STAGE
from cdp.sources import SOURCES
from cdp.sources.wire.sent import SentSource
from cdp.stage import Report
from cdp.store import Warehouse
from contract import PEERS
from contract.peer import Peer, Row, Simulator

ROWS = 60
CHANGED = 100
"""A minute after the last change of the rows that there are at first."""
EACH = pytest.mark.parametrize("name", PEERS)
ONE_OF_A_TYPE = {PEERS[name].type: name for name in reversed(PEERS)}.values()
EACH_TYPE = pytest.mark.parametrize("name", ONE_OF_A_TYPE)
"""What has nothing to do with the way in which an object is walked over."""
BY_HTTP = pytest.mark.parametrize(
    "name", [n for n in ONE_OF_A_TYPE if issubclass(PEERS[n], Simulator)]
)
CURRENT = """
select
    native_id,
    payload,
    is_deleted
from bronze.record
qualify row_number() over (
    partition by source, object, native_id
    order by coalesce(changed_at, timestamp '0001-01-01') desc, seq desc
) = 1
"""
UNBALANCED = """
select count(*)
from bronze.load
where rows_in <> rows_new + rows_repeated + rows_rejected
"""


@pytest.fixture(scope="module")
def working_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with in_memory(tmp_path_factory.mktemp("working")) as warehouse:
        yield warehouse


class Place:
    """A peer with some rows, a workspace that reads it, and what was landed of it."""

    def __init__(self, peer: Peer, warehouse: Warehouse) -> None:
        self.peer, self.warehouse, self.runs = peer, emptied(warehouse), 0
        self.declared: Row = {}

    def load(self, **others: Row) -> Report:
        """Run the stage over the peer and other instances; what was read is accounted for."""
        self.runs += 1
        instances = {"it": self.declared or self.peer.declared(), **others}
        files = {f"sources/{name}.yaml": declared for name, declared in instances.items()}
        rules = workspace(self.peer.folder, files)
        report = carry_out(STAGE, self.warehouse, rules, run_id=self.runs)
        assert self.warehouse.query(UNBALANCED).item() == 0
        return report

    def new(self) -> int:
        """Load, with nothing to be said of it, and return how many versions are new."""
        report = self.load()
        assert not report.notes
        return report.counts["rows_new"]

    def there(self) -> dict[str, Any]:
        """Return what was landed and is not gone, by key."""
        rows = self.warehouse.query(CURRENT).iter_rows()
        there = {key: json.loads(payload) for key, payload, is_gone in rows if not is_gone}
        return {key: self.peer.seen(row) for key, row in there.items()}

    def keys(self, *numbers: int) -> set[str]:
        """Return the keys of the rows that there were at first, and of these."""
        return {self.peer.key(number) for number in (*range(1, ROWS + 1), *numbers)}


@contextmanager
def serving(name: str, folder: Path, warehouse: Warehouse) -> Iterator[Place]:
    (folder / "data").mkdir()
    peer = PEERS[name](folder)
    with peer.running():
        for number in range(1, ROWS + 1):
            peer.put(number, number)
        yield Place(peer, warehouse)


@pytest.fixture
def place(
    name: str, tmp_path: Path, working_file: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    monkeypatch.setenv("CONTRACT_USER", "contract")
    with serving(name, tmp_path, working_file) as found:
        yield found


def test_no_source_type_goes_without_a_contract() -> None:
    """Types that read files alone are asked for a sample in test_source_contract.py.

    What is sent here is asked of nobody.
    """
    types = [SOURCES.get(name) for name in SOURCES.names()]
    asked = [it for it in types if not isinstance(it, SentSource)]
    elsewhere = {it.name for it in asked if it.schemes or not it.reads_files}
    assert {peer.type for peer in PEERS.values()} == elsewhere


@EACH
def test_everything_at_first_then_what_changed_then_nothing(place: Place) -> None:
    peer = place.peer
    assert place.new() == ROWS
    assert place.there().keys() == place.keys()
    peer.put(7, CHANGED, "changed")
    peer.put(ROWS + 1, CHANGED, "added")
    report = place.load()
    assert (report.counts["rows_new"], report.notes) == (2, ())
    assert (report.counts["rows_in"] < ROWS) == peer.is_incremental
    assert place.there().keys() == place.keys(ROWS + 1)
    assert place.there()[peer.key(7)]["Name"] == "changed"
    peer.put(ROWS + 2, CHANGED - 5, "late")
    assert place.new() == peer.sees_late
    assert place.new() == 0


@EACH
def test_a_walk_that_breaks_off_keeps_what_it_read_and_the_next_goes_on(place: Place) -> None:
    place.declared = place.peer.declared(slowly=True)
    place.peer.break_off()
    first = place.load()
    assert (first.counts["sources_failed"], len(first.notes)) == (1, 1)
    assert 0 < first.counts["rows_new"] < ROWS
    place.peer.mend()
    second = place.load()
    assert (first.counts["rows_new"] + second.counts["rows_new"], second.notes) == (ROWS, ())
    assert (second.counts["rows_in"] < ROWS) == place.peer.resumes
    assert place.there().keys() == place.keys()


@EACH
def test_what_is_deleted_is_gone_and_may_come_back(place: Place) -> None:
    place.declared = place.peer.declared(compares=True)
    assert place.new() == ROWS
    place.peer.delete(7)
    assert place.new() == 1
    assert place.there().keys() == place.keys() - {place.peer.key(7)}
    place.peer.put(7, 500_000, "back")
    assert place.new() == 1
    assert place.there()[place.peer.key(7)]["Name"] == "back"


@BY_HTTP
def test_who_is_asked_too_often_is_asked_again_later(place: Place) -> None:
    assert isinstance(place.peer, Simulator)
    place.peer.refuse(2)
    assert place.new() == ROWS


@EACH_TYPE
def test_a_field_that_comes_or_goes_loses_no_row(place: Place) -> None:
    peer = place.peer
    assert place.new() == ROWS
    assert place.there()[peer.key(7)]["City"] == "x"
    peer.drift()
    peer.put(7, CHANGED, "changed")
    peer.put(ROWS + 1, CHANGED, "added")
    assert place.new() >= 2
    assert place.there().keys() == place.keys(ROWS + 1)
    row = place.there()[peer.key(7)]
    assert (row["Name"], row["Shoe"], "City" in row) == ("changed", "x", False)


@EACH_TYPE
def test_a_row_without_a_key_is_rejected_with_its_reason_and_the_rest_is_kept(place: Place) -> None:
    place.peer.spoil()
    report = place.load()
    counts = report.counts
    assert (counts["rows_new"], counts["rows_rejected"]) == (ROWS, 1)
    assert counts["rows_in"] == ROWS + 1 + counts["rows_repeated"]
    assert place.there().keys() == place.keys()
    rejected = place.warehouse.query("select source, reason, message from bronze.rejected")
    assert rejected.row(0)[:2] == ("it", "missing_id")
    assert rejected["message"].item()


@EACH_TYPE
def test_a_dead_source_leaves_another_alone(place: Place) -> None:
    (place.peer.folder / "data" / "people.csv").write_text("id\n1\n2\n", "utf-8")
    shop = {"type": "csv_file", "path": "people.csv", "options": {"id_column": "id"}}
    place.declared = place.peer.dead()
    report = place.load(shop=shop)
    assert (report.counts["rows_new"], report.counts["sources_failed"]) == (2, 1)
    (note,) = report.notes
    assert note.startswith("source it: ")
