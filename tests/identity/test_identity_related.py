"""What a source relates to each other is two parties, unless a steward says that it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import AS_OF, Value, add
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_decisions import Decisions

if TYPE_CHECKING:
    from identity_room import World


def relate(world: World, one: str, other: str, kind: str) -> None:
    """Say that a source relates one record to another."""
    row: dict[str, Value] = {"record_id": one, "other_record_id": other, "kind": kind}
    add(world.warehouse, "silver.relationship", row)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("crm:f0", "erp:f0", "subsidiary_of"),
        ("shop:0", "crm:0", "spouse_of"),
        ("crm:3", "shop:3", "contact_of"),
    ],
)
def test_related_records_are_two(world: World, one: str, other: str, kind: str) -> None:
    before = world.ids()
    assert before[one] == before[other]
    relate(world, one, other, kind)
    world.run()
    ids = world.ids()
    assert ids[one] != ids[other]
    assert {record for record in ids if ids[record] != before[record]} <= {one, other}
    left, right = sorted((one, other))
    apart = world.rows(
        "select record_l, record_r, decided, pooled_weight, match_weight > 0 from identity.edge"
        " where decided_by = 'related'"
    )
    assert apart == [(left, right, False, None, True)]
    reasons = world.rows("select distinct reason from identity.history where event = 'split_off'")
    assert [f"a source relates {left} and {right}" in reason for (reason,) in reasons] == [True]


@pytest.mark.long
def test_a_relationship_that_ends_joins_them_again(world: World) -> None:
    before = world.ids()
    relate(world, "crm:0", "shop:0", "spouse_of")
    world.run()
    world.warehouse.connection.execute("delete from silver.relationship")
    world.run()
    assert world.ids() == before


def test_a_relationship_that_says_same_keeps_nobody_apart(world: World) -> None:
    before = world.ids()
    relate(world, "crm:0", "shop:0", "duplicate_of")
    world.run()
    assert world.ids() == before


def test_a_relationship_of_a_person_and_a_firm_says_nothing(world: World) -> None:
    before = world.ids()
    relate(world, "crm:0", "crm:f0", "contact_of")
    world.run()
    assert world.ids() == before


def test_a_steward_stands_above_a_relationship(world: World) -> None:
    relate(world, "crm:0", "shop:0", "spouse_of")
    relate(world, "crm:1", "shop:1", "spouse_of")
    world.decide("crm:0", "shop:0", "must_link")
    world.decide("crm:1", "crm:2", "must_link")
    world.decide("crm:2", "shop:1", "must_link")
    world.run()
    ids = world.ids()
    assert ids["crm:0"] == ids["shop:0"]
    assert ids["crm:1"] == ids["crm:2"] == ids["shop:1"]
    assert not any("contradict" in note for note in world.report.notes)
    assert world.rows("select 1 from identity.edge where decided_by = 'related'") == []
    with State.open(world.place.home) as state:
        for decision in Decisions(state).in_force():
            Decisions(state).undo(decision.decision_id, By("ann", "was wrong", AS_OF))
    world.run()
    ids = world.ids()
    assert ids["crm:0"] != ids["shop:0"]
    assert ids["crm:1"] != ids["shop:1"]
