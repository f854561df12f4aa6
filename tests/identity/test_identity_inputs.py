"""What the engine reads from silver: every value of a record, none that too many people share."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from pydantic import ValidationError

from builders import Value, add, bare
from cdp.identity.inputs import engine_frame
from cdp.identity.records import conform
from cdp.identity.rules import (
    MANY_PEOPLE,
    IdentityFile,
    default_blocked,
    default_identifiers,
)
from cdp.store import Statement, Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("Anna", "Bruno", "Carmen", "Dmitri", "Elif", "Farid", "Greta", "Hugo")


@pytest.fixture
def silver() -> Iterator[Warehouse]:
    warehouse = bare()
    with closing(warehouse.connection):
        yield warehouse


def record(
    silver: Warehouse, record_id: str, attributes: list[tuple[str, str]], party: str = "person"
) -> None:
    source, native = record_id.split(":", 1)
    add(
        silver,
        "silver.record",
        {"record_id": record_id, "source": source, "native_id": native, "party_type": party},
    )
    for position, (name, value) in enumerate(attributes):
        row: dict[str, Value] = {
            "record_id": record_id,
            "attribute": name,
            "value": value,
            "position": position,
        }
        add(silver, "silver.attribute", row)


def identifier(silver: Warehouse, record_id: str, kind: str, value: str, position: int = 0) -> None:
    row: dict[str, Value] = {"record_id": record_id, "kind": kind, "value": value}
    add(silver, "silver.identifier", row | {"original": value, "position": position})


def test_every_value_of_a_record_reaches_the_engine(silver: Warehouse) -> None:
    places = [{"street": "Ring", "house_number": "1", "city": "Ulm"}, {"city": "Bonn"}]
    record(
        silver,
        "crm:1",
        [
            ("given_name", "Anna"),
            ("family_name", "Schmidt"),
            ("given_name", "Anne"),
            ("family_name", "Meier"),
            ("full_name", "A. Schmidt"),
            ("birth_date", "1980-02-03"),
            ("birth_date", "1980-03-02"),
            ("company", "Acme"),
            ("company", "Globex"),
            *(("address", json.dumps(place)) for place in places),
        ],
    )
    identifier(silver, "crm:1", "national_id", "A1")
    identifier(silver, "crm:1", "national_id", "B2", 1)
    frame = conform(engine_frame(silver, IdentityFile.model_validate({}))).row(0, named=True)
    assert (frame["given_name"], frame["family_name"]) == ("Anna", "Schmidt")
    assert frame["names"] == [
        {"given_name": "Anne", "middle_name": None, "family_name": "Meier", "full_name": None}
    ]
    assert frame["street"] == "Ring 1"
    assert [place["city"] for place in frame["addresses"]] == ["Bonn"]
    assert frame["birth_dates"] == ["1980-03-02"]
    assert frame["companies"] == ["Globex"]
    assert (frame["national_id"], frame["national_ids"]) == ("A1", ["A1", "B2"])


def test_a_record_of_one_value_has_no_lists(silver: Warehouse) -> None:
    record(silver, "crm:1", [("given_name", "Anna")])
    record(
        silver,
        "crm:2",
        [("organisation_name", "Acme"), ("organisation_name", "ACME")],
        "organisation",
    )
    frame = engine_frame(silver, IdentityFile.model_validate({}))
    lists = ("names", "addresses", "birth_dates", "companies", "national_ids")
    assert [frame[0][name][0] for name in lists] == [None] * len(lists)
    assert frame["companies"].to_list() == [None, ["ACME"]]


@pytest.mark.parametrize(
    ("people", "rules", "is_believed"),
    [
        (6, {}, True),
        (7, {}, False),
        (3, {"loyalty_id": {"limit": 2}}, False),
        (8, {"loyalty_id": {"limit": None}}, True),
        (7, {"email": {"limit": 2}}, False),
    ],
)
def test_a_value_of_too_many_people_is_evidence_of_nothing(
    silver: Warehouse, people: int, rules: dict[str, object], *, is_believed: bool
) -> None:
    assert MANY_PEOPLE["loyalty_id"] == 6
    for number, name in enumerate(NAMES[:people]):
        record(silver, f"crm:{number}", [("given_name", name)])
        identifier(silver, f"crm:{number}", "loyalty_id", "L1")
    frame = engine_frame(silver, IdentityFile.model_validate({"identifiers": rules}))
    seen = frame.filter(pl.col("other_ids").list.len() > 0)
    assert len(seen) == (people if is_believed else 0)
    silver.put("step.blocked_found", pl.DataFrame(schema={"kind": pl.String, "value": pl.String}))
    silver.replace(Statement.load("cdp.identity", "blocked_value"))
    blocked = silver.query("select kind, value, reason, records from identity.blocked_value").rows()
    assert blocked == ([] if is_believed else [("loyalty_id", "L1", "shared", people)])


@pytest.mark.parametrize(("days", "believed"), [(None, 2), (90, 2), (89, 1)])
def test_a_value_that_changed_hands_counts_for_who_had_it_last(
    silver: Warehouse, days: int | None, believed: int
) -> None:
    for record_id, seen_at in (("crm:1", datetime(2026, 1, 1)), ("crm:2", datetime(2026, 4, 1))):  # noqa: DTZ001
        record(silver, record_id, [("given_name", "Anna")])
        row: dict[str, Value] = {"record_id": record_id, "kind": "phone", "value": "+4930123456"}
        add(silver, "silver.identifier", row | {"seen_at": seen_at})
    rules = IdentityFile.model_validate({"identifiers": {"phone": {"window_days": days}}})
    phones = engine_frame(silver, rules)["phones"]
    assert len(phones.drop_nulls()) == believed
    assert phones.to_list()[-1] == ["+4930123456"]


def test_a_record_that_is_its_own_user_says_so_without_claiming_it(silver: Warehouse) -> None:
    for record_id, user in (("web:u1", "u1"), ("crm:1", "u1")):
        record(silver, record_id, [("given_name", "Anna")])
        identifier(silver, record_id, "user_id", user)
    frame = engine_frame(silver, IdentityFile.model_validate({}))
    rows = frame.select("record_id", "other_ids", "own_ids").rows()
    assert rows == [("crm:1", ["user_id:u1"], None), ("web:u1", None, ["user_id:u1"])]


def test_one_person_under_many_spellings_is_one(silver: Warehouse) -> None:
    for number, name in enumerate(("Elif", "ELIF", "Elíf", "Elif Su", "elif", "Elifi", "Eli")):
        record(silver, f"crm:{number}", [("given_name", name)])
        identifier(silver, f"crm:{number}", "loyalty_id", "L1")
    assert engine_frame(silver, IdentityFile.model_validate({}))["other_ids"].null_count() == 0


def test_a_kind_that_does_not_exist_and_a_limit_of_none_are_refused() -> None:
    with pytest.raises(ValidationError, match="fax is no identifier kind"):
        IdentityFile.model_validate({"identifiers": {"fax": {"limit": 2}}})
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        IdentityFile.model_validate({"identifiers": {"email": {"limit": 0}}})


def test_the_documents_name_every_default() -> None:
    text = (Path(__file__).parents[2] / "docs" / "identity-values.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    for kind, rule in default_identifiers().items():
        line = next(line for line in lines if line.startswith(f"| `{kind}` |"))
        told = (rule.limit, rule.weight, rule.per_profile, rule.priority)
        cells = [cell.strip() for cell in line.split("|")]
        assert cells[2:6] == [f"{value:g}" if value else "none" for value in told]
        assert all(f"`{value}`" in line for value in default_blocked().get(kind, []))
