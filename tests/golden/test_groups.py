"""A group has a golden record of its own, and is neither a company nor anybody's employer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_rows import add, empty, person, refine, rows

if TYPE_CHECKING:
    from pathlib import Path

HOME = {"street": "Lindenweg", "house_number": "3", "postcode": "89073", "city": "Ulm"}


def test_a_group_is_an_account_of_its_own_type(tmp_path: Path) -> None:
    with empty() as warehouse:
        club = {"group_name": "Chess Club", "group_kind": "club", "email": "board@chess.example"}
        person(warehouse, "erp:1", "G-1", club)
        person(warehouse, "erp:2", "A-2", {"organisation_name": "Chess Club"})
        person(warehouse, "crm:1", "P-1", {"given_name": "Ann", "email": "ann@chess.example"})
        member = {"record_id": "crm:1", "other_record_id": "erp:1"}
        kinds = ("member_of", "contact_of")
        add(warehouse, "silver.relationship", [{**member, "kind": kind} for kind in kinds])
        order = {"order_id": "shop:1", "record_id": "crm:1", "account_record_id": "erp:1"}
        add(warehouse, "silver.order", [order])
        refine(warehouse, tmp_path)
        accounts = rows(
            warehouse, "gold.account", "account_id", "account_type", "name", "group_kind"
        )
        assert accounts == [
            ("A-2", "organisation", "Chess Club", None),
            ("G-1", "group", "Chess Club", "club"),
        ]
        assert rows(warehouse, "gold.profile", "profile_id", "account_id") == [("P-1", None)]
        assert rows(warehouse, "gold.order", "profile_id", "account_id") == [("P-1", "G-1")]
        links = rows(warehouse, "gold.relationship", "profile_id", "other_id", "kind", "other_type")
        assert links == [
            ("P-1", "G-1", "contact_of", "group"),
            ("P-1", "G-1", "member_of", "group"),
        ]
        assert rows(warehouse, "gold.company_group", "group_id") == []


def test_the_home_of_a_household_is_no_office(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "erp:1", "G-1", {"group_name": "Maes", "address": HOME})
        for number, given in enumerate(("Ann", "Jan")):
            values = {"given_name": given, "family_name": "Maes", "address": HOME}
            person(warehouse, f"crm:{number}", f"P-{number}", values)
        refine(warehouse, tmp_path)
        assert rows(warehouse, "gold.household", "members") == [(2,)]


def test_members_of_campaigns_and_target_groups_get_the_ids_they_belong_to(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"email": "ann@x.example"})
        person(warehouse, "crm:2", "A-2", {"organisation_name": "Maes"})
        add(warehouse, "silver.campaign", [{"campaign_id": "crm:k", "campaign": "k"}])
        add(warehouse, "silver.target_group", [{"target_group_id": "mkt:g"}])
        members = [{"record_id": "crm:1"}, {"record_id": "crm:2"}, {"record_id": "crm:gone"}]
        joined = [
            {"campaign_member_id": f"crm:{n}", "campaign_id": "crm:k", **m}
            for n, m in enumerate(members)
        ]
        add(warehouse, "silver.campaign_member", joined)
        named = {"ref_kind": "email", "ref_value": "ann@x.example"}
        held = {"target_group_member_id": "mkt:1", "target_group_id": "mkt:g", **named}
        add(warehouse, "silver.target_group_member", [held])
        refine(warehouse, tmp_path)
        owners = rows(warehouse, "gold.campaign_member", "profile_id", "account_id", "campaign_id")
        assert sorted(owners, key=repr) == [
            ("P-1", None, "crm:k"),
            (None, "A-2", "crm:k"),
            (None, None, "crm:k"),
        ]
        held_by = rows(warehouse, "gold.target_group_member", "profile_id", "target_group_id")
        assert held_by == [("P-1", "mkt:g")]
        assert rows(warehouse, "gold.campaign", "campaign_id", "campaign") == [("crm:k", "k")]
