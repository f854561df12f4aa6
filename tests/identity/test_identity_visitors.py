"""A visitor belongs to the one person seen on the device, and keeps a way to the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from identity_room import World


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
