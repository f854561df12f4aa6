"""The frame that the stage gives the engine: what is evidence by the rules, and what is none."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from buckets import differences
from builders import Value, add
from cdp.identity.inputs import engine_frame
from cdp.identity.model_versions import Versions
from cdp.identity.rules import IdentityFile
from cdp.store import Statement
from identity_room import FIRMS, PEOPLE, World, fill


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
    empty_world: World, extra: Literal["none", "attributes", "all"], seen: str
) -> None:
    empty_world.record("crm:1", full_name="Kai Sommer", language="de")
    empty_world.warehouse.connection.execute(
        'update silver.record set custom = \'{"shoe_size":"41"}\''
    )
    frame = engine_frame(empty_world.warehouse, IdentityFile.model_validate({"extra": extra}))
    assert frame["extra"].to_list() == [seen]


@pytest.mark.parametrize("name", ["engine_attribute", "engine_identifier", "engine_frame"])
def test_the_frame_can_be_made_in_pieces(empty_world: World, name: str) -> None:
    fill(empty_world)
    engine_frame(empty_world.warehouse, IdentityFile.model_validate({}))
    statement = Statement.load("cdp.identity", name)
    given: dict[str, Any] = {"extra_attributes": ["language"], "with_custom": True}
    params = {p: given[p] for p in statement.params}
    assert differences(empty_world.warehouse, statement, **params) == []
