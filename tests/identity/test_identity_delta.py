"""A delta of identity leaves every table as a full run would: edges, clusters, ids, histories.

Two copies of one workspace get the same changes; one works on the delta, the other on everything.
Blocks and identifiers are limited so tightly that small changes make them cross their limits.
"""

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from builders import AS_OF, Value, add, opened, workspace
from cdp.identity import blocking, delta
from cdp.identity.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Delta, Report, Run
from cdp.store import Warehouse
from cdp.store.narrow import KEYS, touched
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_decisions import Decisions, Verdict

pytestmark = pytest.mark.long

RULES: dict[str, object] = {
    "identity.yaml": {
        "identifiers": {
            "email": {"limit": 2},
            "phone": {"limit": 2, "window_days": 30},
            "user_id": {"weight": 9, "per_profile": 1},
            "loyalty_id": {"limit": 2, "weight": 5, "per_profile": 1},
        }
    }
}
NAMES = (
    ("Anna", "Lindgren"),
    ("Bruno", "Castellani"),
    ("Carmen", "Ortega"),
    ("Dmitri", "Volkov"),
    ("Elif", "Yilmaz"),
    ("Farid", "Haddad"),
    ("Greta", "Baumann"),
    ("Hugo", "Lefebvre"),
)
OFFICE = "office@shared.example"
SILVER = ("record", "attribute", "identifier", "visitor_link", "relationship")
WHO = By("ann", "knows", AS_OF)


@dataclass(frozen=True)
class Place:
    """A workspace that is open."""

    warehouse: Warehouse
    workspace: Workspace

    def write(self, record_id: str, kind: str, fields: dict[str, str]) -> None:
        self.erase(record_id)
        source, native = record_id.split(":", 1)
        base: dict[str, Value] = {"record_id": record_id, "source": source, "native_id": native}
        add(self.warehouse, "silver.record", {**base, "party_type": kind})
        identifiers = {"source": record_id}
        seen = AS_OF - timedelta(days=int(fields.pop("seen_days_ago", "0")))
        row: dict[str, Value]
        for name, value in fields.items():
            if name == "named":
                row = {"record_id": record_id, "kind": "source", "value": value, "original": value}
                add(self.warehouse, "silver.identifier", {**row, "seen_at": seen})
            elif name in {"email", "phone", "tax_id", "user_id", "loyalty_id"}:
                identifiers[name] = value
            elif name == "child_of":
                related: dict[str, Value] = {"record_id": record_id, "other_record_id": value}
                add(self.warehouse, "silver.relationship", {**related, "kind": name})
            elif name == "device_of":
                link: dict[str, Value] = {"visitor_record_id": record_id, "record_id": value}
                add(self.warehouse, "silver.visitor_link", link)
            else:
                row = {"record_id": record_id, "attribute": name, "value": value}
                add(self.warehouse, "silver.attribute", row)
        for name, value in identifiers.items():
            row = {"record_id": record_id, "kind": name, "value": value, "original": value}
            add(self.warehouse, "silver.identifier", {**row, "seen_at": seen})

    def erase(self, record_id: str) -> None:
        for table in SILVER:
            key = "visitor_record_id" if table == "visitor_link" else "record_id"
            self.warehouse.connection.execute(
                f"delete from silver.{table} where {key} = ?",  # noqa: S608 - constants
                [record_id],
            )

    def decide(self, left: str, right: str, verdict: Verdict) -> None:
        with State.open(self.workspace.home) as state:
            decisions = Decisions(state)
            for known in decisions.in_force():
                if {known.record_l, known.record_r} == {left, right}:
                    decisions.undo(known.decision_id, WHO)
                    return
            decisions.add(left, right, verdict, actor=WHO.actor, reason=WHO.reason, at=WHO.at)

    def full(self, number: int) -> Report:
        with self.warehouse.transaction():
            return STAGE.run(self._run(number))

    def delta(self, number: int, records: set[str]) -> Report:
        for kind in KEYS:
            self.warehouse.put(touched(kind), pl.DataFrame(schema={kind: pl.String}))
        frame = pl.DataFrame({"record_id": sorted(records)}, schema={"record_id": pl.String})
        self.warehouse.put(touched("record_id"), frame)
        assert STAGE.delta is not None
        with self.warehouse.transaction():
            report = STAGE.delta(self._run(number), Delta(number - 1, {}))
        assert report is not None
        return report

    def _run(self, number: int) -> Run:
        return Run(number, AS_OF, AS_OF, 1, self.warehouse, self.workspace)

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        return {t: sorted(self.warehouse.query(f"from {t}").rows(), key=repr) for t in STAGE.writes}


def person(number: int, seed: int) -> dict[str, str]:
    """Return what a source tells of person `number`; seeds differ in what they leave out."""
    draw = random.Random(f"{number}/{seed}")  # noqa: S311 - a test
    given_name, family = NAMES[number % len(NAMES)]
    fields = {
        "given_name": draw.choice((given_name, given_name, given_name[:-1], given_name[0])),
        "family_name": draw.choice((family, family, family + "h")),
        "birth_date": f"19{70 + number % 8}-0{1 + number % 8}-11",
        "email": f"{given_name}.{family}@mail.example".lower(),
        "phone": f"+4930{number % 8}5551{number % 8}77",
        "address": json.dumps(
            {"street": f"Lindenweg {number % 8}", "postcode": f"8907{number % 3}", "city": "Ulm"}
        ),
    }
    for name in draw.sample(("birth_date", "email", "phone", "address"), draw.randint(0, 3)):
        del fields[name]
    if draw.random() < 0.3:
        fields["email"] = OFFICE
    fields["seen_days_ago"] = str(draw.choice((0, 20, 45, 90)))
    if draw.random() < 0.4:
        fields["user_id"] = f"u{(number + draw.choice((0, 0, 0, 1))) % 12}"
    if draw.random() < 0.4:
        fields["loyalty_id"] = f"l{(number + draw.choice((0, 0, 0, 1))) % 8}"
    return fields


def firm(number: int, seed: int) -> dict[str, str]:
    """Return what a source tells of organisation `number`."""
    name = ("Nordwind Logistik", "Castor Metal", "Blue Harbour")[number % 3]
    legal = ("GmbH", "AG", "")[seed % 3]
    fields = {"organisation_name": f"{name} {legal}".strip(), "phone": f"+493077714{number % 3}9"}
    if seed % 2:
        fields["tax_id"] = f"DE8112345{number % 3}"
    return fields


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace of 40 persons, 6 firms and 2 devices after a full run with tiny blocks."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocking, "MIN_BLOCK_CAP", 6)
        patch.setattr(blocking, "CAP_PAIRS", 1)
        patch.setattr(delta, "MAX_SHARE", 1.1)
        with opened(folder) as warehouse:
            place = Place(warehouse, workspace(folder, RULES))
            for number in range(20):
                for source in ("crm", "shop"):
                    seed = 1 if source == "crm" else 2
                    place.write(f"{source}:{number}", "person", person(number, seed))
            for number in range(3):
                place.write(f"crm:f{number}", "organisation", firm(number, 1))
                place.write(f"erp:f{number}", "organisation", firm(number, 2))
            for number in range(2):
                place.write(f"web:{number}", "visitor", {"device_of": f"shop:{number}"})
            for source in ("crm", "erp"):
                place.write(f"{source}:g0", "group", {"group_name": "Chess Club"})
            place.full(1)
        yield folder


RECORD = st.sampled_from([f"{source}:{n}" for source in ("crm", "shop") for n in range(24)])
PERSON = st.tuples(st.just("person"), RECORD, st.integers(0, 23), st.integers(0, 9))
FIRM = st.tuples(
    st.just("firm"),
    st.sampled_from(["crm:f0", "crm:f1", "erp:f0", "erp:f9"]),
    st.integers(0, 2),
    st.integers(0, 3),
)
DEVICE = st.tuples(
    st.just("device"), st.sampled_from(["web:0", "web:1", "web:2"]), RECORD, st.none()
)
RELATED = st.tuples(st.just("relate"), RECORD, RECORD, st.integers(0, 23))
GONE = st.tuples(
    st.just("gone"), RECORD | st.sampled_from(["web:0", "crm:f0", "crm:g0"]), st.none(), st.none()
)
DECIDED = st.tuples(
    st.just("decide"), RECORD, RECORD, st.sampled_from(["must_link", "cannot_link"])
)
GROUP = st.tuples(
    st.just("group"),
    st.sampled_from(["crm:g0", "erp:g0", "erp:g1", "crm:f1"]),
    st.sampled_from(["crm:g0", "erp:g1", "mdm:g7", ""]),
    st.none(),
)
CHANGES = st.lists(
    PERSON | PERSON | FIRM | DEVICE | GROUP | GONE | DECIDED | RELATED, min_size=1, max_size=6
)


def apply(place: Place, change: tuple[Any, ...]) -> str | None:
    """Carry out one change and return the record that it touches; None: only the state file."""
    what, record, first, second = change
    if what == "person":
        place.write(record, "person", person(first, second))
    elif what == "firm":
        place.write(record, "organisation", firm(first, second))
    elif what == "device":
        place.write(record, "visitor", {"device_of": first})
    elif what == "group":
        place.write(
            record, "group", {"group_name": "Chess Club", **({"named": first} if first else {})}
        )
    elif what == "gone":
        place.erase(record)
    elif what == "relate":
        place.write(record, "person", person(second, 1) | {"child_of": first})
    elif record != first:
        place.decide(record, first, second)
        return None
    return str(record)


CROWD = [("person", f"crm:{n}", n, 9) for n in range(20, 24)]
OPENED = [("gone", f"shop:{n}", None, None) for n in range(6)]
DECIDED_ON = [
    ("decide", "crm:1", "crm:2", "must_link"),
    ("decide", "crm:3", "shop:3", "cannot_link"),
    ("decide", "crm:8", "crm:13", "cannot_link"),
]
DECIDED_AGAIN = [
    ("decide", "crm:1", "crm:2", "undone"),
    ("gone", "crm:3", None, None),
    ("person", "crm:13", 13, 5),
]
RELATED_ON = [("relate", f"crm:{n}", f"shop:{n}", n) for n in range(4)]
RELATED_OFF = [
    ("person", "crm:0", 0, 1),
    ("gone", "shop:1", None, None),
    ("decide", "crm:2", "shop:2", "must_link"),
    ("decide", "crm:3", "crm:9", "must_link"),
    ("decide", "crm:9", "shop:3", "must_link"),
]
RELATED_AGAIN = [
    ("decide", "crm:2", "shop:2", "undone"),
    ("decide", "crm:3", "crm:9", "undone"),
    ("person", "shop:1", 1, 2),
]
SEEN_LATER = [("person", "shop:9", 9, seed) for seed in (1, 3)]


@given(batches=st.lists(CHANGES, min_size=1, max_size=3))
@example(batches=[CROWD, OPENED])
@example(batches=[[change] for change in SEEN_LATER])
@example(batches=[DECIDED_ON, DECIDED_AGAIN])
@example(batches=[RELATED_ON, RELATED_OFF, RELATED_AGAIN])
@example(batches=[[("device", "web:0", "crm:5", None)], [("gone", "web:0", None, None)]])
@example(batches=[[("group", "erp:g0", "crm:g0", None)], [("gone", "crm:g0", None, None)]])
@example(batches=[[("group", "crm:f1", "erp:g1", None)], [("group", "erp:g1", "", None)]])
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
def test_a_delta_is_a_full_run(
    trained: Path, tmp_path_factory: pytest.TempPathFactory, batches: list[list[Any]]
) -> None:
    folders = [tmp_path_factory.mktemp("delta") / "it", tmp_path_factory.mktemp("full") / "it"]
    for folder in folders:
        shutil.copytree(trained, folder)
    with (
        pytest.MonkeyPatch.context() as patch,
        opened(folders[0]) as one,
        opened(folders[1]) as other,
    ):
        patch.setattr(delta, "MAX_SHARE", 1.1)
        quick, whole = Place(one, Workspace(folders[0])), Place(other, Workspace(folders[1]))
        for number, changes in enumerate(batches, start=2):
            records = {apply(quick, change) for change in changes} - {None}
            for change in changes:
                apply(whole, change)
            quick.delta(number, {str(record) for record in records})
            whole.full(number)
            found, wanted = quick.tables(), whole.tables()
            for table in STAGE.writes:
                assert found[table] == wanted[table], table
    for folder in folders:
        shutil.rmtree(folder)
