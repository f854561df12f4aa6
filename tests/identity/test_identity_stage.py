"""The identity stage on a small silver made by hand: one id for one party, and it lasts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from builders import workspace
from cdp.errors import ConfigError
from cdp.identity.model_versions import Versions
from cdp.identity.rules import IDENTITY_FILE
from cdp.identity.stage import STAGE
from identity_room import FIRMS, PEOPLE, RULES, World

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.long
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


def test_parties_keep_the_kind_their_source_gives_them(world: World) -> None:
    mail = {"email": "office@nordwind.example"}
    world.record("crm:80", identifiers=mail, company="Nordwind Logistik GmbH")
    world.record("erp:80", "organisation", mail)
    world.run()
    ids = world.ids()
    assert ids["crm:80"].startswith("P-")
    assert ids["erp:80"].startswith("A-")


def test_nothing_to_resolve_is_fine(empty_world: World) -> None:
    assert empty_world.run()["records"] == 0
    assert Versions(empty_world.place.home).current == "untrained"
    empty_world.record("web:a", "visitor")
    assert empty_world.run()["visitor_profiles"] == 1


def test_the_rules_decide_on_mode_and_seed(empty_world: World) -> None:
    place = workspace(empty_world.place.root, {"identity.yaml": {"mode": "lenient", "seed": 7}})
    other = World(empty_world.warehouse, place)
    other.run()
    assert "lenient" in other.report.notes[0]


def test_an_unknown_kind_in_the_rules_is_named(empty_world: World) -> None:
    place = workspace(empty_world.place.root, {"identity.yaml": {"blocked": {"fax": ["0"]}}})
    with pytest.raises(ConfigError, match="fax is no identifier"):
        place.one(IDENTITY_FILE)
