"""Who lives together, and which organisations are one group: tables of cases."""

from pathlib import Path
from typing import Any

import pytest

from cdp.store import Warehouse
from golden_rows import Row, add, day, empty, person, refine, rows

HOME: Row = {
    "street": "Hauptstraße",
    "house_number": "5",
    "postcode": "1000 AB",
    "city": "Berlin",
    "country": "DE",
}
ELSEWHERE: Row = HOME | {"street": "Ring", "house_number": "9"}
ANN: Row = {"given_name": "Ann", "family_name": "Müller", "address": HOME}


def _flat(number: str) -> Row:
    return HOME | {"house_number": f"5 Whg. {number}"}


def _strangers(number: int, **more: Any) -> list[Row]:
    names = ("Abel", "Busch", "Claus", "Dorn", "Engel", "Fink", "Gruber", "Hahn")
    return [{"family_name": name, "address": HOME, **more} for name in names[:number]]


CASES: dict[str, tuple[list[Row], list[set[int]]]] = {
    "same spelling": ([ANN, ANN], [{0, 1}]),
    "other spelling of name and street": (
        [ANN, {"family_name": "MULLER", "address": HOME | {"street": "Haupt Str."}}],
        [{0, 1}],
    ),
    "number before the name": (
        [
            ANN,
            {"family_name": "Mueller", "address": {"street": "5 Hauptstr", "postcode": "1000AB"}},
        ],
        [{0, 1}],
    ),
    "a slip in the street": (
        [ANN, {"family_name": "Müller", "address": HOME | {"street": "Haumtstraße"}}],
        [{0, 1}],
    ),
    "double name": ([ANN, {"family_name": "Müller-Lang", "address": HOME}], [{0, 1}]),
    "couple with two names": ([ANN, {"family_name": "Maes", "address": HOME}], [{0, 1}]),
    "friends of one age": (
        [*_strangers(2, birth_date="1998-01-01"), ANN | {"birth_date": "2001-01-01"}],
        [{0, 1, 2}],
    ),
    "three strangers of any age": (
        [*_strangers(2, birth_date="1948-01-01"), ANN | {"birth_date": "2001-01-01"}],
        [],
    ),
    "another house": ([ANN, ANN | {"address": HOME | {"house_number": "6"}}], []),
    "another town": ([ANN, ANN | {"address": HOME | {"postcode": "2000"}}], []),
    "no street": ([ANN, ANN | {"address": {"postcode": "1000 AB"}}], []),
    "flats of one block": (
        [ANN | {"address": _flat("1")}, ANN | {"address": _flat("2")}, *_strangers(1)],
        [],
    ),
    "whoever leaves the flat out lives with the family": (
        [ANN | {"address": _flat("1")}, ANN, *_strangers(3)],
        [{0, 1}],
    ),
    "couple with two names in one flat of a block": (
        [
            ANN | {"address": _flat("1")},
            {"family_name": "Maes", "address": _flat("1")},
            *_strangers(4),
        ],
        [{0, 1}],
    ),
    "block of strangers, one family": ([*_strangers(4), ANN, ANN], [{4, 5}]),
    "dormitory with one telephone": (_strangers(5, phone="+49301"), []),
    "flat share with one telephone": (_strangers(3, phone="+49301"), [{0, 1, 2}]),
    "telephone of a family, one address unknown": (
        [ANN | {"phone": "+49301"}, {"family_name": "Maes", "phone": "+49301"}],
        [{0, 1}],
    ),
    "family mailbox after a move": (
        [ANN | {"email": "home@x"}, ANN | {"address": ELSEWHERE, "email": "home@x"}],
        [{0, 1}],
    ),
    "strangers with one mailbox and two homes": (
        [
            ANN | {"email": "home@x"},
            {"family_name": "Maes", "address": ELSEWHERE, "email": "home@x"},
        ],
        [],
    ),
    "colleagues": (
        [
            {"family_name": "Maes", "company": "Firm", "phone": "+49301"},
            {"family_name": "Müller", "company": "Firm", "phone": "+49301"},
        ],
        [],
    ),
}


def _households(warehouse: Warehouse) -> list[set[int]]:
    found: dict[str, set[int]] = {}
    for household, member in rows(warehouse, "gold.household_member", "household_id", "profile_id"):
        found.setdefault(household, set()).add(int(member[2:]))
    return sorted(found.values(), key=min)


def _in_its_own_town(case: int, values: Row) -> Row:
    """Return values that nothing but a name shares with those of other cases."""
    own: Row = {name: f"{case}{values[name]}" for name in ("email", "company") if name in values}
    own |= {name: f"{values[name]}{case:03}" for name in ("phone",) if name in values}
    if "address" in values:
        address = values["address"]
        own["address"] = address | {"postcode": f"{100 + case}{address['postcode']}"}
    return values | own


def test_who_lives_together(tmp_path: Path) -> None:
    """All cases in one run, which costs what a run for one of them does."""
    with empty() as warehouse:
        for case, (people, _) in enumerate(CASES.values()):
            for number, values in enumerate(people):
                id_ = 100 * case + number
                person(warehouse, f"crm:{id_}", f"P-{id_}", _in_its_own_town(case, values))
        refine(warehouse, tmp_path)
        found = _households(warehouse)
    told = {
        name: [{id_ % 100 for id_ in home} for home in found if min(home) // 100 == case]
        for case, name in enumerate(CASES)
    }
    assert told == {name: together for name, (_, together) in CASES.items()}
    assert all(len({id_ // 100 for id_ in home}) == 1 for home in found)


def test_colleagues_at_the_office_are_no_household(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "erp:1", "A-1", {"organisation_name": "Firm", "address": HOME})
        for number, name in enumerate(("Maes", "Müller")):
            values = {"family_name": name, "company": "Firm", "address": HOME}
            person(warehouse, f"crm:{number}", f"P-{number}", values)
        refine(warehouse, tmp_path)
        assert _households(warehouse) == []


def test_the_current_home_counts(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", ANN)
        person(warehouse, "crm:2", "P-2", ANN, seen_at=day(1))
        person(warehouse, "shop:2", "P-2", {"address": ELSEWHERE}, seen_at=day(2))
        person(warehouse, "crm:3", "P-3", ANN | {"address": ELSEWHERE})
        refine(warehouse, tmp_path)
        assert _households(warehouse) == [{2, 3}]


def test_what_is_told_of_a_household(tmp_path: Path) -> None:
    born = {"P-1": "1970-05-01", "P-2": "1972-05-01", "P-3": "2004-05-01"}
    with empty() as warehouse:
        for member, birth in born.items():
            person(warehouse, f"crm:{member}", member, ANN | {"birth_date": birth})
        refine(warehouse, tmp_path)
        roles = rows(warehouse, "gold.household_member", "profile_id", "role", "method", "others")
        shown = ("name", "members", "head_id", "street", "city", "confidence")
        household = rows(warehouse, "gold.household", *shown)
    assert roles == [
        ("P-1", "head", "address_and_name", ["P-2", "P-3"]),
        ("P-2", "partner", "address_and_name", ["P-1", "P-3"]),
        ("P-3", "child", "address_and_name", ["P-1", "P-2"]),
    ]
    assert household == [("Müller", 3, "P-1", "Hauptstraße", "Berlin", 0.95)]


def _id_of(warehouse: Warehouse, member: str) -> str:
    found = dict(rows(warehouse, "gold.household_member", "profile_id", "household_id"))
    return str(found[member])


def test_a_household_keeps_its_id_with_most_of_its_members(tmp_path: Path) -> None:
    with empty() as warehouse:
        for number in range(5):
            person(warehouse, f"crm:{number}", f"P-{number}", ANN)
        refine(warehouse, tmp_path)
        before = _id_of(warehouse, "P-0")
        for number in (0, 1):
            moved = {"address": ELSEWHERE}
            person(warehouse, f"shop:{number}", f"P-{number}", moved, seen_at=day(9))
        refine(warehouse, tmp_path)
        kept, new = _id_of(warehouse, "P-2"), _id_of(warehouse, "P-0")
        refine(warehouse, tmp_path)
        again = _id_of(warehouse, "P-2"), _id_of(warehouse, "P-0")
    assert kept == before != new
    assert again == (kept, new)


def test_a_merged_member_counts_under_its_survivor(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", ANN)
        person(warehouse, "crm:2", "P-2", ANN)
        refine(warehouse, tmp_path)
        before = _id_of(warehouse, "P-2")
        change = "update identity.assignment set profile_id = 'P-9' where profile_id = 'P-1'"
        warehouse.connection.execute(change)
        warehouse.connection.execute("insert into identity.alias values ('P-1', 'P-9', 2)")
        warehouse.connection.execute("delete from identity.assignment where profile_id = 'P-2'")
        warehouse.connection.execute("delete from silver.record where record_id = 'crm:2'")
        person(warehouse, "crm:3", "P-3", ANN)
        refine(warehouse, tmp_path)
        assert _id_of(warehouse, "P-9") == before


def _firm(name: str, **more: Any) -> Row:
    return {"organisation_name": name, **more}


GROUPS: dict[str, tuple[list[Row], list[set[int]]]] = {
    "one tax number": (
        [_firm("Aldera Bau", tax_id="DE1"), _firm("Belmar", tax_id="DE1")],
        [{0, 1}],
    ),
    "one domain": (
        [_firm("Aldera Bau", email="info@aldera.de"), _firm("Nord Druck", email="x@aldera.de")],
        [{0, 1}],
    ),
    "one mail provider": (
        [_firm("Aldera Bau", email="aldera@gmail.com"), _firm("Nord", email="nord@gmail.com")],
        [],
    ),
    "brand and domain": (
        [
            _firm("Aldera Holding GmbH", email="info@aldera.de"),
            _firm("Aldera Logistik GmbH", email="info@aldera-logistik.de"),
        ],
        [{0, 1}],
    ),
    "brand by chance": (
        [_firm("Aldera Bau", email="a@aldera.de"), _firm("Aldera Catering", email="a@brand24.de")],
        [],
    ),
    "brand and house": (
        [_firm("Aldera Bau AG", address=HOME), _firm("Aldera Druck", address=HOME)],
        [{0, 1}],
    ),
    "one house, two brands": (
        [_firm("Aldera Bau", address=HOME), _firm("Belmar Druck", address=HOME)],
        [],
    ),
    "holding of the brand": ([_firm("Aldera Bau"), _firm("Aldera Holding B.V.")], [{0, 1}]),
    "sites of one name": (
        [_firm("Aldera Bau GmbH", address=HOME), _firm("ALDERA Bau", address=ELSEWHERE)],
        [{0, 1}],
    ),
    "one name, two tax numbers": (
        [_firm("Aldera Bau", tax_id="DE1"), _firm("Aldera Bau", tax_id="DE2")],
        [],
    ),
    "a word that says nothing": ([_firm("Hotel Post"), _firm("Hotel Adler")], []),
}


@pytest.mark.parametrize("case", GROUPS)
def test_who_is_one_group(case: str, tmp_path: Path) -> None:
    firms, together = GROUPS[case]
    with empty() as warehouse:
        for number, values in enumerate(firms):
            person(warehouse, f"crm:{number}", f"A-{number}", values)
        refine(warehouse, tmp_path)
        found: dict[str, set[int]] = {}
        members = rows(warehouse, "gold.company_group_member", "group_id", "account_id")
        for group, member in members:
            found.setdefault(group, set()).add(int(member[2:]))
    assert list(found.values()) == together


def test_a_group_has_its_head_and_hierarchy(tmp_path: Path) -> None:
    names = {"A-1": "Belmar Druck", "A-2": "Corvina AG", "A-3": "Corvina", "A-4": "Dunmore"}
    above = {"A-1": "A-2", "A-4": "A-1"}
    with empty() as warehouse:
        for firm, name in names.items():
            person(warehouse, f"crm:{firm}", firm, {"organisation_name": name, "tax_id": "X"})
        add(
            warehouse,
            "silver.relationship",
            [
                {
                    "record_id": f"crm:{low}",
                    "other_record_id": f"crm:{high}",
                    "kind": "subsidiary_of",
                }
                for low, high in above.items()
            ],
        )
        refine(warehouse, tmp_path)
        columns = ("account_id", "role", "parent_account_id", "method")
        members = rows(warehouse, "gold.company_group_member", *columns)
        group = rows(warehouse, "gold.company_group", "name", "members", "head_id")
    assert members == [
        ("A-1", "subsidiary", "A-2", "relationship"),
        ("A-2", "head", None, "relationship"),
        ("A-3", "site", "A-2", "tax_id"),
        ("A-4", "subsidiary", "A-1", "relationship"),
    ]
    assert group == [("Corvina AG", 4, "A-2")]
