"""Segments made through the API, and static groups: a delta is a full run, causes are told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from builders import AS_OF, Value, add, in_memory, workspace
from cdp.errors import ConfigError
from cdp.segments.control import is_held_out
from cdp.segments.known import known
from cdp.segments.stage import STAGE
from cdp.stage import Delta, Run
from cdp.store import Warehouse
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_segments import ChangedMeanwhileError, Segments, StaticMembers

NOW = AS_OF.replace(tzinfo=None)
BY = By("ann", "", AS_OF)
FILES: dict[str, object] = {
    "segments/germans.yaml": {
        "where": {"attribute": "country", "is": "DE"},
        "control": {"share": 0.5, "campaigns": {"spring": {"share": 0.3}}},
    }
}
RECENT: dict[str, object] = {"where": {"event": "order", "within_days": 30}}
CHOICES: tuple[dict[str, object] | None, ...] = (
    None,
    RECENT,
    {"where": {"not": {"segment": "germans"}}},
    {"where": {"any": [{"segment": "vip"}, {"attribute": "country", "is": "FR"}]}},
    {"sql": "select profile_id from gold.order order by ordered_at desc, profile_id limit 2"},
)
TABLES = ("gold.segment_member", "gold.segment_history", "gold.static_member")


class Lane:
    """One workspace and its tables."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.place = workspace(folder, FILES)
        self.warehouse = warehouse
        self.put("vip", {"static": True})

    def put(self, name: str, definition: dict[str, object] | None) -> None:
        with State.open(self.place.home) as state:
            if definition is not None or name in Segments(state).current():
                Segments(state).put(name, json.dumps(definition) if definition else None, BY, None)

    def given(self, add_: list[str], gone: list[str]) -> None:
        with State.open(self.place.home) as state:
            StaticMembers(state).add("vip", [(one, "") for one in add_], BY)
            StaticMembers(state).remove("vip", gone, BY)

    def live(self, people: dict[str, str], orders: dict[str, str]) -> None:
        for table in ("gold.profile", 'gold."order"'):
            self.warehouse.connection.execute(f"delete from {table}")  # noqa: S608
        for id_, country in people.items():
            row: dict[str, Value] = {"profile_id": id_, "profile_type": "person"}
            add(self.warehouse, "gold.profile", row | {"country": country})
        for number, id_ in orders.items():
            times: dict[str, Value] = {"ordered_at": NOW - timedelta(days=int(number))}
            add(self.warehouse, "gold.order", {"profile_id": id_, "order_id": number} | times)

    def touch(self, ids: set[str]) -> None:
        for kind in ("profile_id", "account_id"):
            name = f"step.touched_{kind}"
            self.warehouse.connection.execute(f"create or replace table {name} ({kind} varchar)")
        for id_ in sorted(ids):
            sql = "insert into step.touched_profile_id values (?)"
            self.warehouse.connection.execute(sql, [id_])

    def run(self, number: int, days: int = 0) -> None:
        with self.warehouse.transaction():
            STAGE.run(self.at(number, days))

    def delta(self, number: int) -> None:
        assert STAGE.delta is not None
        with self.warehouse.transaction():
            assert STAGE.delta(self.at(number), Delta(number - 1, {})) is not None

    def at(self, number: int, days: int = 0) -> Run:
        moment = AS_OF + timedelta(days=days)
        return Run(number, moment, moment, 1, self.warehouse, self.place)

    def rows(self, table: str) -> list[tuple[object, ...]]:
        return self.warehouse.connection.execute(f"from {table} order by all").fetchall()

    def causes(self, number: int) -> dict[tuple[str, str], str]:
        sql = "select segment, profile_id, cause from gold.segment_history where run_id = $n"
        return {(s, p): c for s, p, c in self.warehouse.query(sql, n=number).rows()}


@contextmanager
def lane(folder: Path) -> Iterator[Lane]:
    folder.mkdir(exist_ok=True)
    with in_memory(folder) as warehouse:
        yield Lane(folder, warehouse)


@pytest.mark.parametrize("seed", range(2))
def test_a_delta_is_a_full_run_whatever_the_api_changed(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - invented data
    ids = [f"P-{n}" for n in range(8)]
    people = {id_: random.choice(("DE", "FR")) for id_ in ids}
    orders = {str(n): random.choice(ids) for n in range(1, 40, 5)}
    with lane(tmp_path / "one") as one, lane(tmp_path / "other") as other:
        for each in (one, other):
            each.live(people, orders)
            each.run(1)
        for number in range(2, 5):
            name, definition = random.choice(("a", "b")), random.choice(CHOICES)
            added, gone = random.sample(ids, 2), random.sample(ids, 2)
            moved = random.choice(ids)
            people = people | {moved: random.choice(("DE", "FR"))}
            for each in (one, other):
                each.put(name, definition)
                each.given(added, gone)
                each.live(people, orders)
            one.touch({moved})
            one.delta(number)
            other.run(number)
            for table in TABLES:
                assert one.rows(table) == other.rows(table), (number, table)


def test_each_change_tells_its_cause(tmp_path: Path) -> None:
    with lane(tmp_path / "one") as it:
        it.put("recent", RECENT)
        it.live({"P-a": "DE", "P-b": "DE", "P-c": "FR", "P-d": "FR"}, {"29": "P-a", "5": "P-d"})
        it.run(1)
        assert set(it.causes(1).values()) == {"definition"}
        fresh: dict[str, Value] = {"order_id": "n", "profile_id": "P-b", "ordered_at": NOW}
        add(it.warehouse, "gold.order", fresh | {"changed_at": NOW + timedelta(hours=1)})
        it.given(["P-c"], [])
        merged: dict[str, Value] = {"profile_id": "P-d", "run_id": 2, "event": "merged_into"}
        add(it.warehouse, "identity.history", merged)
        it.warehouse.connection.execute("delete from gold.profile where profile_id = 'P-d'")
        it.run(2, days=2)
        assert it.causes(2) == {
            ("recent", "P-a"): "time",
            ("recent", "P-b"): "event",
            ("recent", "P-d"): "merge",
            ("vip", "P-c"): "upload",
        }
        it.put("recent", {"where": {"event": "order", "within_days": 1}})
        it.run(3, days=3)
        assert set(it.causes(3).values()) == {"definition"}


def test_a_static_member_follows_its_record_and_the_survivor(tmp_path: Path) -> None:
    with lane(tmp_path / "one") as it:
        it.live({"P-new": "FR", "P-split": "FR"}, {})
        with State.open(it.place.home) as state:
            StaticMembers(state).add("vip", [("P-old", ""), ("P-new", "crm:1")], BY)
        add(it.warehouse, "identity.alias", {"retired_id": "P-old", "profile_id": "P-new"})
        add(it.warehouse, "identity.assignment", {"record_id": "crm:1", "profile_id": "P-split"})
        it.run(1)
        vip = [row[1] for row in it.rows("gold.segment_member") if row[0] == "vip"]
        assert vip == ["P-new", "P-split"]


def test_arms_follow_from_the_id_alone(tmp_path: Path) -> None:
    ids = [f"P-{n}" for n in range(60)]
    with lane(tmp_path / "one") as it:
        it.live(dict.fromkeys(ids, "DE"), {})
        it.run(1)
        sql = "select profile_id, is_control, control_of from gold.segment_member"
        before = {p: (c, of) for p, c, of in it.warehouse.query(sql).rows()}
        it.live(dict.fromkeys(ids[10:], "DE"), {})  # as if the others were merged into these
        it.run(2)
        after = {p: (c, of) for p, c, of in it.warehouse.query(sql).rows()}
    assert {p: before[p] for p in after} == after
    for id_, (held_out, campaigns) in before.items():
        assert held_out == is_held_out("germans", 0.5, id_)
        assert (campaigns == ["spring"]) == is_held_out("spring", 0.3, id_)
    assert 15 < sum(held_out for held_out, _ in before.values()) < 45


def test_versions_are_kept_and_nobody_overwrites_unseen(tmp_path: Path) -> None:
    with lane(tmp_path / "one") as it, State.open(it.place.home) as state:
        segments = Segments(state)
        assert segments.put("a", json.dumps(RECENT), BY, 0).version == 1
        assert segments.put("a", json.dumps({"static": True}), BY, 1).version == 2
        with pytest.raises(ChangedMeanwhileError, match="version 2 now"):
            segments.put("a", None, BY, 1)
        assert segments.put("a", None, BY, 2).definition is None
        assert [one.version for one in segments.versions("a")] == [3, 2, 1]
        assert list(known(it.place)) == ["germans", "vip"]


def test_a_kept_definition_that_no_longer_validates_is_named(tmp_path: Path) -> None:
    with lane(tmp_path / "one") as it:
        it.put("odd", {"where": {"nothing": 1}})
        with pytest.raises(
            ConfigError, match=r"'odd', made through the API \(version 1\), does not"
        ):
            known(it.place)
