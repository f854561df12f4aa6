"""The wide golden records, and what ties them to one another."""

import json
from datetime import date
from pathlib import Path

import pytest

from golden_rows import Row, add, day, empty, person, refine, rows

NAMES: dict[str, tuple[list[Row], str | None]] = {
    "one record with parts": (
        [{"given_name": "Ann", "middle_name": "B.", "family_name": "Maes"}],
        "Ann B. Maes",
    ),
    "one record with the whole": ([{"full_name": "Ann Maes"}], "Ann Maes"),
    "parts from two records": ([{"given_name": "Ann"}, {"family_name": "Maes"}], "Ann Maes"),
    "only a family name": ([{"family_name": "Maes"}], "Maes"),
    "no name": ([{"email": "ann@x"}], None),
}


@pytest.mark.parametrize("case", NAMES)
def test_name_to_show(case: str, tmp_path: Path) -> None:
    records, name = NAMES[case]
    with empty() as warehouse:
        for number, values in enumerate(records):
            person(warehouse, f"crm:{number}", "P-1", values)
        refine(warehouse, tmp_path)
        assert rows(warehouse, "gold.profile", "full_name") == [(name,)]


def test_profile_counts_its_records_and_spans_its_events(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(
            warehouse,
            "crm:1",
            "P-1",
            {"birth_date": "1980-02-03"},
            created_at=day(3),
            changed_at=day(5),
            custom='{"club":"tin","shoe":41}',
        )
        person(warehouse, "crm:2", "P-1", changed_at=day(4), custom='{"club":"gold"}')
        person(warehouse, "erp:1", "P-1", created_at=day(6))
        add(
            warehouse,
            "silver.interaction",
            [
                {"interaction_id": f"web:{n}", "record_id": "crm:1", "occurred_at": day(n)}
                for n in (2, 9)
            ],
        )
        refine(warehouse, tmp_path)
        (row,) = warehouse.query("select * from gold.profile").to_dicts()
    assert (row["record_count"], row["source_count"], row["sources"]) == (3, 2, ["crm", "erp"])
    assert (row["first_seen_at"], row["last_seen_at"]) == (day(2), day(9))
    assert row["birth_date"] == date(1980, 2, 3)
    assert json.loads(row["custom"]) == {"crm": {"club": "tin", "shoe": 41}}


def test_an_anonymous_visitor_is_a_profile_of_its_own(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "web:7", "V-7", {"anonymous_id": "7"})
        refine(warehouse, tmp_path)
        assert rows(warehouse, "gold.profile", "profile_type", "full_name") == [("visitor", None)]


def test_account_has_its_golden_values_and_the_account_above(tmp_path: Path) -> None:
    with empty() as warehouse:
        values = {"organisation_name": "Maes & Co", "tax_id": "BE1", "email": "info@maes.example"}
        person(warehouse, "erp:1", "A-1", values)
        person(warehouse, "crm:1", "A-1", {"organisation_name": "Maes"})
        person(warehouse, "erp:2", "A-2", {"organisation_name": "Maes Group"})
        above = {"record_id": "erp:1", "other_record_id": "erp:2", "kind": "subsidiary_of"}
        add(warehouse, "silver.relationship", [above])
        rules = {"attributes": {"organisation_name": [{"source_priority": ["erp"]}]}}
        report = refine(warehouse, tmp_path, survivorship=rules)
        found = rows(warehouse, "gold.account", "account_id", "name", "tax_id", "parent_account_id")
    assert found == [("A-1", "Maes & Co", "BE1", "A-2"), ("A-2", "Maes Group", None, None)]
    assert (report.counts["accounts"], report.counts["conflicts_resolved"]) == (2, 1)


def test_employer_is_the_relationship_that_lasts(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"given_name": "Ann"})
        for number in (1, 2, 3):
            person(warehouse, f"erp:{number}", f"A-{number}")
        ended = {"valid_from": day(9), "valid_to": day(10)}
        add(
            warehouse,
            "silver.relationship",
            [
                {
                    "record_id": "crm:1",
                    "other_record_id": f"erp:{n}",
                    "kind": "contact_of",
                    "valid_from": day(n),
                    **(ended if n == 3 else {}),
                }
                for n in (1, 2, 3)
            ],
        )
        refine(warehouse, tmp_path)
        assert rows(warehouse, "gold.profile", "account_id") == [("A-2",)]


def test_relationships_of_merged_records_are_one(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1")
        person(warehouse, "shop:1", "P-1")
        person(warehouse, "erp:1", "A-1")
        person(warehouse, "erp:2", "A-1")
        link = {"other_record_id": "erp:1", "kind": "contact_of"}
        add(
            warehouse,
            "silver.relationship",
            [
                link
                | {
                    "record_id": "crm:1",
                    "attributes": '{"function":"buyer","main":true}',
                    "valid_from": day(1),
                    "valid_to": day(2),
                },
                link
                | {
                    "record_id": "shop:1",
                    "other_record_id": "erp:2",
                    "attributes": '{"function":"head"}',
                    "valid_from": day(3),
                },
                # within one organisation, after the merge: no relationship any more
                {"record_id": "erp:1", "other_record_id": "erp:2", "kind": "subsidiary_of"},
                {"record_id": "gone:1", "other_record_id": "erp:2", "kind": "contact_of"},
            ],
        )
        refine(warehouse, tmp_path)
        (row,) = warehouse.query("select * from gold.relationship").to_dicts()
    assert (row["profile_id"], row["other_id"], row["kind"]) == ("P-1", "A-1", "contact_of")
    assert json.loads(row["attributes"]) == {"function": "head", "main": True}
    assert (row["records"], row["valid_from"], row["valid_to"]) == (
        ["crm:1", "shop:1"],
        day(1),
        None,
    )


HOME = {"street": "Hauptstraße", "house_number": "5", "postcode": "1000 AB", "country": "DE"}


def test_a_source_that_delivers_nothing_is_noted(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"given_name": "Ann"})
        rules = {"default": [{"source_priority": ["sap", "crm"]}]}
        report = refine(warehouse, tmp_path, survivorship=rules)
    assert report.notes == ("survivorship.yaml names sources without records: sap",)


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"given_name": "Ann", "email": "a@x"})
        person(warehouse, "erp:1", "P-1", {"given_name": "An", "email": "b@x"})
        first = refine(warehouse, tmp_path)
        digests = [warehouse.digest(f"gold.{name}") for name in ("attribute", "profile")]
        assert refine(warehouse, tmp_path) == first
        assert digests == [warehouse.digest(f"gold.{name}") for name in ("attribute", "profile")]
