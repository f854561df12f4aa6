"""What stewards decide stands above the model and above what devices say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builders import AS_OF
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_decisions import Decisions

if TYPE_CHECKING:
    from identity_room import World


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
