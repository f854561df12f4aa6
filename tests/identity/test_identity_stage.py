"""The identity stage on a small silver made by hand."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest

from buckets import differences
from builders import AS_OF, Value, add, carry_out, opened, workspace
from cdp.errors import ConfigError, StateError
from cdp.identity.inputs import engine_frame
from cdp.identity.model_versions import Versions
from cdp.identity.rules import IDENTITY_FILE, IdentityFile
from cdp.identity.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Report
from cdp.store import Statement, Warehouse, scratch
from cdp.store.schema import create_tables
from cdp.store.state import State
from cdp.store.state_decisions import By, Decisions, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


PEOPLE = (
    ("Anna", "Lindgren", "1984-03-12"),
    ("Bruno", "Castellani", "1979-11-02"),
    ("Carmen", "Ortega", "1991-06-25"),
    ("Dmitri", "Volkov", "1966-01-30"),
    ("Elif", "Yilmaz", "1988-09-17"),
    ("Farid", "Haddad", "1973-12-05"),
    ("Greta", "Baumann", "1995-04-08"),
    ("Hugo", "Lefebvre", "1982-07-21"),
    ("Ines", "Carvalho", "1969-02-14"),
    ("Jonas", "Kowalski", "1990-10-03"),
)
FIRMS = ("Nordwind Logistik GmbH", "Castor Metal SA", "Blue Harbour Ltd", "Ottavia Tessuti Srl")


RULES: dict[str, object] = {
    "identity.yaml": {"own_domains": ["shop.example"], "extra": "attributes"}
}


class World:
    """A workspace whose silver a test fills record by record."""

    def __init__(self, warehouse: Warehouse, place: Workspace) -> None:
        self.warehouse, self.place, self.runs = warehouse, place, 0
        self.report = Report()

    def record(
        self,
        record_id: str,
        kind: str = "person",
        identifiers: dict[str, str] | None = None,
        **attributes: str,
    ) -> None:
        source, native = record_id.split(":", 1)
        base: dict[str, Value] = {
            "record_id": record_id,
            "source": source,
            "native_id": native,
            "party_type": kind,
        }
        add(self.warehouse, "silver.record", base)
        for name, value in attributes.items():
            row: dict[str, Value] = {"record_id": record_id, "attribute": name, "value": value}
            add(self.warehouse, "silver.attribute", row)
        for name, value in {"source": record_id, **(identifiers or {})}.items():
            row = {"record_id": record_id, "kind": name, "value": value, "original": value}
            add(self.warehouse, "silver.identifier", row)

    def see(self, visitor: str, user: str) -> None:
        add(
            self.warehouse,
            "silver.visitor_link",
            {"visitor_record_id": visitor, "record_id": user},
        )

    def remove(self, source: str) -> None:
        for table in ("silver.record", "silver.attribute", "silver.identifier"):
            self.warehouse.connection.execute(
                f"delete from {table} where starts_with(record_id, ?)",  # noqa: S608 - constant
                [source + ":"],
            )

    def run(self) -> dict[str, int]:
        self.runs += 1
        as_of = AS_OF + timedelta(days=self.runs)
        self.report = carry_out(STAGE, self.warehouse, self.place, run_id=self.runs, as_of=as_of)
        return dict(self.report.counts)

    def ids(self) -> dict[str, str]:
        rows = self.rows("select record_id, profile_id from identity.assignment where live")
        return dict(rows)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.warehouse.query(sql).rows()

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.rows(f"from {table}") for table in STAGE.writes}

    def decide(self, left: str, right: str, verdict: Verdict) -> None:
        with State.open(self.place.home) as state:
            Decisions(state).add(left, right, verdict, actor="ann", reason="knows", at=AS_OF)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    with closing(scratch()) as connection:
        create_tables(connection)
        yield World(Warehouse(connection), workspace(tmp_path, RULES))


def fill(world: World) -> None:
    """Add ten people and four firms, in two sources each; every record agrees with its twin."""
    for number, (given, family, born) in enumerate(PEOPLE):
        for source in ("crm", "shop"):
            world.record(
                f"{source}:{number}",
                identifiers={
                    "email": f"{given}.{family}@mail.example".lower(),
                    "phone": f"+49301{number}5{number}2{number}73",
                },
                given_name=given,
                family_name=family,
                birth_date=born,
                address=json.dumps(
                    {
                        "street": f"Lindenweg {number + 3}",
                        "postcode": f"1{number}115",
                        "city": "Ulm",
                    }
                ),
            )
    for number, firm in enumerate(FIRMS):
        for source in ("crm", "erp"):
            world.record(
                f"{source}:f{number}",
                "organisation",
                {
                    "phone": f"+4930777{number}4{number}9{number}",
                    "tax_id": f"DE81{number}345{number}7",
                },
                organisation_name=firm,
            )


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """Return a workspace of ten people and four firms after its first run, and its report."""
    folder = tmp_path_factory.mktemp("first_run")
    place = workspace(folder, RULES)
    with opened(folder) as warehouse:
        world = World(warehouse, place)
        fill(world)
        world.run()
    return folder, world.report


@pytest.fixture
def world(first_run: tuple[Path, Report], tmp_path: Path) -> Iterator[World]:
    """A copy of that workspace; its next run is the second."""
    folder, report = first_run
    shutil.copytree(folder, tmp_path / "world")
    with opened(tmp_path / "world") as warehouse:
        world = World(warehouse, Workspace(tmp_path / "world"))
        world.runs, world.report = 1, report
        yield world


def test_records_of_one_party_get_one_id(world: World) -> None:
    counts = world.report.counts
    ids = world.ids()
    for number in range(len(PEOPLE)):
        assert ids[f"crm:{number}"] == ids[f"shop:{number}"]
        assert ids[f"crm:{number}"].startswith("P-")
    for number in range(len(FIRMS)):
        assert ids[f"crm:f{number}"] == ids[f"erp:f{number}"]
        assert ids[f"crm:f{number}"].startswith("A-")
    assert len(set(ids.values())) == len(PEOPLE) + len(FIRMS)
    assert counts["records"] == 28
    assert (counts["persons"], counts["organisations"], counts["visitors"]) == (20, 8, 0)
    assert (counts["person_profiles"], counts["organisation_profiles"]) == (10, 4)
    assert counts["new_ids"] == 14
    assert counts["pairs_scored"] >= 14


def test_every_decided_edge_shows_its_weights(world: World) -> None:
    rows = world.rows(
        "select match_weight, weights, decided_by, model_version from identity.edge"
        " where decided order by all"
    )
    assert len(rows) == 14
    for weight, weights, decided_by, version in rows:
        terms = json.loads(weights)
        assert abs(sum(term["weight"] for term in terms) - weight) < 0.01
        assert (decided_by, version) == ("model", "v1")


def test_a_second_run_changes_no_row(world: World) -> None:
    before = world.state()
    counts = world.run()
    assert world.state() == before
    assert (counts["new_ids"], counts["merges"], counts["splits"]) == (0, 0, 0)
    assert "frozen" in world.report.notes[0]


def test_two_workspaces_of_the_same_data_agree(world: World, tmp_path: Path) -> None:
    before = world.state()
    for table in STAGE.writes:
        world.warehouse.connection.execute(f"truncate {table}")
    other = World(world.warehouse, workspace(tmp_path / "other", RULES))
    other.run()
    assert other.state() == before


def test_after_a_source_is_removed_other_profiles_keep_id_and_members(world: World) -> None:
    world.record("loyal:1", identifiers={"email": "anna.lindgren@mail.example"}, given_name="Anna")
    world.record("loyal:2", identifiers={"email": "zoe@mail.example"}, full_name="Zoe Marchetti")
    world.run()
    before = world.ids()
    issued = {p for (p,) in world.rows("select profile_id from identity.profile")}
    world.remove("loyal")
    world.run()
    after = world.ids()
    touched = {before["loyal:1"], before["loyal:2"]}
    kept = {record: p for record, p in before.items() if p not in touched}
    assert {record: p for record, p in after.items() if record in kept} == kept
    status = dict(world.rows("select profile_id, status from identity.profile"))
    assert set(status) >= issued
    assert status[before["loyal:2"]] == "emptied"


def test_an_artefact_is_kept_and_retrained_only_on_request(world: World) -> None:
    versions = Versions(world.place.home)
    assert versions.current == "v1"
    world.record("crm:99", full_name="Zora Neale", identifiers={"email": "zora@mail.example"})
    world.run()
    assert versions.current == "v1"
    (versions.folder / "current").unlink()
    world.run()
    assert "trained in this run" in world.report.notes[0]
    assert versions.current == "v2"
    assert sorted(p.name for p in versions.folder.iterdir()) == ["current", "v1", "v2"]


@pytest.mark.parametrize("lost", ["identity.key", "models/identity/v1/model.json"])
def test_a_lost_model_is_named(world: World, lost: str) -> None:
    (world.place.home / lost).unlink()
    with pytest.raises(StateError, match=lost.rsplit("/", 1)[0]):
        world.run()


def test_a_model_of_a_newer_format_is_refused(world: World) -> None:
    path = world.place.home / "models/identity/v1/model.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "format": 99}))
    with pytest.raises(StateError, match="format 99"):
        world.run()


def test_the_secret_is_no_part_of_the_model(world: World) -> None:
    home = world.place.home
    key = (home / "identity.key").read_bytes()
    assert (home / "identity.key").stat().st_mode & 0o777 == 0o600
    for path in (home / "models/identity/v1").iterdir():
        content = path.read_bytes()
        assert key not in content
        assert b"lindgren" not in content.lower()


def test_stewards_stand_above_the_model(world: World) -> None:
    world.decide("crm:0", "shop:0", "cannot_link")
    world.decide("crm:1", "shop:2", "must_link")
    world.run()
    ids = world.ids()
    assert ids["crm:0"] != ids["shop:0"]
    assert ids["crm:1"] == ids["shop:2"]
    decided = world.rows(
        "select record_l, record_r, decided, decided_by from identity.edge"
        " where decided_by <> 'model' order by all"
    )
    assert decided == [
        ("crm:0", "shop:0", False, "cannot_link"),
        ("crm:1", "shop:2", True, "must_link"),
    ]
    with State.open(world.place.home) as state:
        for decision in Decisions(state).in_force():
            Decisions(state).undo(decision.decision_id, By("ann", "was wrong", AS_OF))
    world.run()
    after = world.ids()
    assert after["crm:0"] == after["shop:0"]


def test_contradicting_decisions_are_reported(world: World) -> None:
    world.decide("crm:0", "shop:0", "must_link")
    world.decide("crm:1", "shop:0", "must_link")
    world.decide("crm:0", "crm:1", "cannot_link")
    world.run()
    assert any("contradict" in note for note in world.report.notes)


def test_declared_and_own_values_are_no_evidence(world: World) -> None:
    for number, name in ((50, "Zoe Marchetti"), (51, "Yusuf Okafor")):
        world.record(f"crm:{number}", identifiers={"email": "test@test.com"}, full_name=name)
    for number, name in ((60, "Uma Rao"), (61, "Viktor Berg")):
        world.record(f"crm:{number}", identifiers={"email": "desk@shop.example"}, full_name=name)
    world.run()
    ids = world.ids()
    assert len({ids[f"crm:{n}"] for n in (50, 51, 60, 61)}) == 4
    assert world.rows("from identity.blocked_value") == [
        ("email", "desk@shop.example", "placeholder", 2),
        ("email", "test@test.com", "placeholder", 2),
    ]
    frame = world.rows("select emails from step.engine_frame where record_id = 'crm:50'")
    assert frame == [(None,)]


def test_a_value_of_too_many_surnames_is_found(world: World) -> None:
    for number, (given, _, born) in enumerate(PEOPLE):
        world.record(
            f"pos:{number}",
            identifiers={"phone": "+49305551234"},
            given_name=given,
            family_name=f"{chr(97 + number) * 2}{given}ov",
            birth_date=born[:3] + "3" + born[4:],
        )
    (Versions(world.place.home).folder / "current").unlink()
    world.run()
    assert ("phone", "+49305551234", "shared", 10) in world.rows("from identity.blocked_value")


def test_a_visitor_joins_the_one_person_seen_on_the_device(world: World) -> None:
    for visitor in ("web:a", "web:b", "web:c", "web:d"):
        world.record(visitor, "visitor")
    world.see("web:a", "crm:3")
    world.see("web:b", "crm:3")
    world.see("web:b", "shop:3")
    world.see("web:c", "crm:3")
    world.see("web:c", "crm:4")
    world.see("web:d", "crm:gone")
    counts = world.run()
    ids = world.ids()
    assert ids["web:a"] == ids["web:b"] == ids["crm:3"]
    assert len({ids["web:c"], ids["web:d"], ids["crm:3"], ids["crm:4"]}) == 4
    kinds = dict(world.rows("select record_id, entity_type from identity.assignment"))
    assert (kinds["web:a"], kinds["web:c"]) == ("person", "visitor")
    assert (counts["visitors"], counts["visitor_profiles"]) == (4, 2)
    edges = world.rows(
        "select record_l, record_r, decided, round(probability, 3), innocent from identity.edge"
        " where decided_by = 'visitor' order by all"
    )
    assert edges == [
        ("crm:3", "web:a", True, 0.999, None),
        ("crm:3", "web:b", True, 0.999, None),
        ("crm:3", "web:c", False, 0.5, "shared device"),
        ("crm:4", "web:c", False, 0.5, "shared device"),
        ("shop:3", "web:b", True, 0.999, None),
    ]


def test_a_visitor_who_signs_in_later_keeps_a_way_to_the_profile(world: World) -> None:
    world.record("web:a", "visitor")
    world.run()
    anonymous = world.ids()["web:a"]
    world.see("web:a", "crm:3")
    counts = world.run()
    person = world.ids()["crm:3"]
    assert world.ids()["web:a"] == person
    alias = world.rows("select retired_id, profile_id from identity.alias")
    assert alias == [(anonymous, person)]
    assert (counts["merges"], counts["aliases"]) == (1, 1)


def test_a_steward_decides_on_a_device(world: World) -> None:
    world.record("web:a", "visitor")
    world.record("web:b", "visitor")
    world.see("web:a", "crm:3")
    world.see("web:a", "crm:4")
    world.see("web:b", "crm:3")
    world.decide("web:a", "crm:4", "must_link")
    world.decide("web:b", "crm:3", "cannot_link")
    world.run()
    ids = world.ids()
    assert ids["web:a"] == ids["crm:4"]
    assert ids["web:b"] not in {ids["crm:3"], ids["crm:4"]}


def test_parties_keep_the_kind_their_source_gives_them(world: World) -> None:
    mail = {"email": "office@nordwind.example"}
    world.record("crm:80", identifiers=mail, company="Nordwind Logistik GmbH")
    world.record("erp:80", "organisation", mail)
    world.run()
    ids = world.ids()
    assert ids["crm:80"].startswith("P-")
    assert ids["erp:80"].startswith("A-")


def test_the_engine_sees_the_employer_and_other_systems_keys(world: World) -> None:
    world.record(
        "crm:70",
        identifiers={"user_id": "u-9", "loyalty_id": "L7"},
        full_name="Kai Sommer",
        job_title="Buyer",
    )
    world.record("web:u-9", identifiers={"user_id": "u-9", "anonymous_id": "x"}, full_name="K S")
    add(
        world.warehouse,
        "silver.identifier",
        {"record_id": "crm:70", "kind": "source", "value": "erp:402417", "position": 1},
    )
    link: dict[str, Value] = {
        "record_id": "crm:70",
        "other_record_id": "crm:f1",
        "kind": "contact_of",
    }
    add(world.warehouse, "silver.relationship", link)
    world.run()
    frame = world.rows(
        "select company, other_ids, extra from step.engine_frame"
        " where record_id in ('crm:70', 'web:u-9') order by record_id"
    )
    assert frame == [
        (FIRMS[1], ["erp:402417", "loyalty_id:L7", "user_id:u-9"], '{"job_title":"Buyer"}'),
        (None, None, "{}"),
    ]


@pytest.mark.parametrize(
    ("extra", "seen"),
    [
        ("none", "{}"),
        ("attributes", '{"language":"de"}'),
        ("all", '{"shoe_size":"41","language":"de"}'),
    ],
)
def test_extra_evidence_follows_the_policy(
    empty: World, extra: Literal["none", "attributes", "all"], seen: str
) -> None:
    empty.record("crm:1", full_name="Kai Sommer", language="de")
    empty.warehouse.connection.execute('update silver.record set custom = \'{"shoe_size":"41"}\'')
    frame = engine_frame(empty.warehouse, IdentityFile.model_validate({"extra": extra}))
    assert frame["extra"].to_list() == [seen]


@pytest.mark.parametrize("name", ["engine_attribute", "engine_identifier", "engine_frame"])
def test_the_frame_can_be_made_in_pieces(empty: World, name: str) -> None:
    fill(empty)
    engine_frame(empty.warehouse, IdentityFile.model_validate({}))
    statement = Statement.load("cdp.identity", name)
    given: dict[str, Any] = {"extra_attributes": ["language"], "with_custom": True}
    params = {p: given[p] for p in statement.params}
    assert differences(empty.warehouse, statement, **params) == []


def test_nothing_to_resolve_is_fine(empty: World) -> None:
    assert empty.run()["records"] == 0
    assert Versions(empty.place.home).current == "untrained"
    empty.record("web:a", "visitor")
    assert empty.run()["visitor_profiles"] == 1


def test_the_rules_decide_on_mode_and_seed(empty: World) -> None:
    place = workspace(empty.place.root, {"identity.yaml": {"mode": "lenient", "seed": 7}})
    other = World(empty.warehouse, place)
    other.run()
    assert "lenient" in other.report.notes[0]


def test_an_unknown_kind_in_the_rules_is_named(empty: World) -> None:
    place = workspace(empty.place.root, {"identity.yaml": {"blocked": {"fax": ["0"]}}})
    with pytest.raises(ConfigError, match="fax is no identifier"):
        place.one(IDENTITY_FILE)
