"""A group is one with another record of it only where a source says so by a key."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from builders import AS_OF, Value, add

if TYPE_CHECKING:
    from identity_room import World

SHARED = {"email": "board@chess.example", "phone": "+493012345678", "tax_id": "DE811234567"}


def names(world: World, record_id: str, other: str) -> None:
    """Say that a record names the key of another."""
    row: dict[str, Value] = {"record_id": record_id, "kind": "source", "value": other}
    seen: dict[str, Value] = {"seen_at": AS_OF - timedelta(days=1), "original": other}
    add(world.warehouse, "silver.identifier", row | seen)


def test_a_group_is_never_one_with_what_is_merely_alike(world: World) -> None:
    world.record("crm:g", "group", SHARED, group_name="Chess Club")
    world.record("erp:g", "group", SHARED, group_name="Chess Club")
    world.record("crm:o", "organisation", SHARED, organisation_name="Chess Club")
    world.record("crm:p", "person", SHARED, given_name="Chess", family_name="Club")
    counts = world.run()
    ids = world.ids()
    assert len({ids["crm:g"], ids["erp:g"], ids["crm:o"], ids["crm:p"]}) == 4
    assert ids["crm:g"].startswith("A-")
    assert (counts["groups"], counts["group_profiles"]) == (2, 2)
    edges = world.rows("select 1 from identity.edge where 'crm:g' in (record_l, record_r)")
    assert edges == []


def test_groups_are_one_by_a_key_that_a_source_names(world: World) -> None:
    for record in ("crm:g", "erp:g", "club:g", "web:g"):
        world.record(record, "group", {"source": record}, group_name="Chess Club")
    names(world, "erp:g", "crm:g")
    names(world, "erp:g", "crm:1")
    names(world, "club:g", "mdm:7")
    names(world, "erp:g", "mdm:7")
    world.run()
    ids = world.ids()
    assert ids["crm:g"] == ids["erp:g"] == ids["club:g"]
    assert len({ids["crm:g"], ids["web:g"], ids["crm:1"]}) == 3
    kinds = world.rows(
        "select distinct entity_type from identity.assignment where record_id like '%:g'"
    )
    assert kinds == [("group",)]


def test_what_was_taken_for_an_organisation_leads_to_the_group(world: World) -> None:
    world.record("erp:g", "organisation", organisation_name="Chess Club")
    world.run()
    before = world.ids()["erp:g"]
    world.warehouse.connection.execute(
        "update silver.record set party_type = 'group' where record_id = 'erp:g'"
    )
    world.run()
    after = world.ids()["erp:g"]
    assert after != before
    alias = world.rows("select retired_id, profile_id from identity.alias")
    assert alias == [(before, after)]
