"""Which permission is in force: a table of cases that a steward could extend."""

import json
from pathlib import Path
from typing import Any

import pytest

from cdp.store import Warehouse
from golden_rows import Row, add, day, empty, person, refine, rows

OWN, OTHER, SHARED = "ann@x.example", "a2@x.example", "home@x.example"


def said(state: str, at: int, value: str | None = OWN, **more: Any) -> Row:
    record = more.pop("record_id", "crm:1")
    return {
        "state": state,
        "given_at": day(at),
        "contact_value": value,
        "record_id": record,
        **more,
    }


# statements of crm:1 and shop:1 (both P-1) or crm:2 (P-2); what P-1 then permits, by address
CASES: dict[str, tuple[list[Row], dict[str, tuple[str, str]]]] = {
    "only statement": ([said("granted", 1)], {OWN: ("granted", "only_statement")}),
    "most restrictive": (
        [said("granted", 5), said("denied", 1)],
        {OWN: ("denied", "most_restrictive")},
    ),
    "pending is not yet granted": (
        [said("granted", 1), said("pending", 1)],
        {OWN: ("pending", "most_restrictive")},
    ),
    "later, provable opt-in for the same address": (
        [said("denied", 1), said("granted", 5, provable=True, record_id="shop:1")],
        {OWN: ("granted", "later_opt_in")},
    ),
    "confirmed after a pending one": (
        [said("pending", 1), said("granted", 2, provable=True)],
        {OWN: ("granted", "later_opt_in")},
    ),
    "later opt-in without proof": (
        [said("denied", 1), said("granted", 5)],
        {OWN: ("denied", "most_restrictive")},
    ),
    "opt-in at the same moment is not later": (
        [said("denied", 5), said("granted", 5, provable=True)],
        {OWN: ("denied", "most_restrictive")},
    ),
    "opt-out after the opt-in": (
        [said("granted", 1, provable=True), said("denied", 5)],
        {OWN: ("denied", "most_restrictive")},
    ),
    "opt-in for another address lifts nothing": (
        [said("denied", 1), said("granted", 5, OTHER, provable=True)],
        {OWN: ("denied", "only_statement"), OTHER: ("granted", "only_statement")},
    ),
    "opt-in for another category lifts nothing": (
        [said("denied", 1, category="news"), said("granted", 5, provable=True)],
        {OWN: ("granted", "only_statement")},
    ),
    "a refusal without address covers every address": (
        [said("denied", 1, None)],
        dict.fromkeys((OWN, OTHER, SHARED, "*"), ("denied", "only_statement")),
    ),
    "and is lifted for one address only": (
        [said("denied", 1, None), said("granted", 5, provable=True)],
        {
            OWN: ("granted", "later_opt_in"),
            OTHER: ("denied", "only_statement"),
            SHARED: ("denied", "only_statement"),
            "*": ("denied", "only_statement"),
        },
    ),
    "a permission without address lifts nothing, and is none for another record's address": (
        [said("denied", 1), said("granted", 5, None, provable=True)],
        {
            OWN: ("denied", "most_restrictive"),
            SHARED: ("granted", "only_statement"),
        },
    ),
    "a refusal by one of two who share the address binds both": (
        [said("granted", 5, SHARED), said("denied", 1, SHARED, record_id="crm:2")],
        {SHARED: ("denied", "most_restrictive")},
    ),
    "a permission by one of two binds only the one": (
        [said("granted", 5, SHARED, record_id="crm:2")],
        {},
    ),
    "one's own later opt-in lifts the other's refusal for oneself": (
        [said("granted", 5, SHARED, provable=True), said("denied", 1, SHARED, record_id="crm:2")],
        {SHARED: ("granted", "later_opt_in")},
    ),
    "the other's later opt-in does not lift one's own refusal": (
        [said("denied", 1, SHARED), said("granted", 5, SHARED, provable=True, record_id="crm:2")],
        {SHARED: ("denied", "only_statement")},
    ),
    "a statement by nobody in particular counts for whoever owns the address": (
        [said("granted", 5, SHARED, record_id=None)],
        {SHARED: ("granted", "only_statement")},
    ),
    "nothing said": ([], {}),
}


def _parties(warehouse: Warehouse, end: str = "") -> None:
    person(warehouse, f"crm:1{end}", f"P-1{end}", {"email": [OWN + end, SHARED + end]})
    person(warehouse, f"shop:1{end}", f"P-1{end}", {"email": OTHER + end})
    person(warehouse, f"crm:2{end}", f"P-2{end}", {"email": SHARED + end, "phone": f"+3212{end}"})


def _suffixed(row: Row, suffix: str) -> Row:
    named = ("record_id", "contact_value")
    return row | {name: row[name] + suffix for name in named if row[name] is not None}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The permissions of every case, each with parties of its own: ids and addresses end in ~n."""
    with empty() as warehouse:
        for n, (statements, _) in enumerate(CASES.values()):
            _parties(warehouse, f"~{n}")
            numbered = [
                {"consent_id": f"crm:{place}~{n}", **_suffixed(row, f"~{n}")}
                for place, row in enumerate(statements)
            ]
            add(warehouse, "silver.consent", numbered)
        refine(warehouse, tmp_path_factory.mktemp("consent"))
        return warehouse.query("select * from gold.consent").to_dicts()


@pytest.mark.parametrize("case", CASES)
def test_permission_in_force(case: str, verdicts: list[Row]) -> None:
    number = list(CASES).index(case)
    found = {
        row["contact_value"].partition("~")[0]: (row["state"], row["rule"])
        for row in verdicts
        if row["profile_id"] == f"P-1~{number}" and row["category"] == "any"
    }
    assert found == CASES[case][1]


def _decide(folder: Path, statements: list[Row], consent: Row | None = None) -> list[Row]:
    with empty() as warehouse:
        _parties(warehouse)
        numbered = [{"consent_id": f"crm:{n}", **row} for n, row in enumerate(statements)]
        add(warehouse, "silver.consent", numbered)
        refine(warehouse, folder, consent=consent or {})
        return warehouse.query("select * from gold.consent order by all").to_dicts()


def test_permission_says_what_decided_and_what_was_overruled(tmp_path: Path) -> None:
    statements = [said("denied", 1), said("granted", 5, provable=True, proof="form-7")]
    (row,) = _decide(tmp_path, statements)
    assert (row["consent_id"], row["proof"], row["best"]) == ("crm:1", "form-7", False)
    assert json.loads(row["losers"]) == [
        {
            "consent_id": "crm:0",
            "source": "crm",
            "state": "denied",
            "given_at": "2026-01-01T12:00:00Z",
        }
    ]


def test_best_marks_the_golden_contact_point(tmp_path: Path) -> None:
    found = _decide(tmp_path, [said("denied", 1, None)])
    best = {row["contact_value"]: row["best"] for row in found}
    assert best == {"*": False, OWN: False, SHARED: False, OTHER: True}


def test_silence_permits_only_what_the_file_says(tmp_path: Path) -> None:
    consent = {"purposes": {"service": {"absence": "granted"}, "marketing": {}}}
    found = _decide(tmp_path, [said("denied", 1, purpose="service")], consent)
    mine = {
        (row["contact_value"], row["channel"]): (row["purpose"], row["state"], row["rule"])
        for row in found
    }
    assumed = ("service", "granted", "default")
    assert mine == {
        (OWN, "email"): ("service", "denied", "only_statement"),
        (OTHER, "email"): assumed,
        (SHARED, "email"): assumed,
        ("+3212", "sms"): assumed,
        ("+3212", "phone"): assumed,
    }


def test_post_has_one_contact_point(tmp_path: Path) -> None:
    by_post = {"contact_kind": "post", "channel": "post"}
    statements = [
        said("denied", 1, None, **by_post),
        said("granted", 5, None, provable=True, **by_post),
    ]
    (row,) = _decide(tmp_path, statements)
    assert (row["contact_value"], row["state"], row["best"]) == ("*", "granted", True)


def test_a_permission_for_a_blocked_address_permits_nobody(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"email": "test@x.example"})
        person(warehouse, "crm:2", "P-2", {"email": "none@x.example"})
        blocked = [{"kind": "email", "value": f"{name}@x.example"} for name in ("test", "none")]
        add(warehouse, "identity.blocked_value", blocked)
        nobody = [
            {"consent_id": "m:1", "contact_value": "test@x.example"},
            {"consent_id": "m:2", "contact_value": "none@x.example", "state": "denied"},
        ]
        add(warehouse, "silver.consent", nobody)
        report = refine(warehouse, tmp_path)
        found = rows(warehouse, "gold.consent", "profile_id", "state")
    assert found == [("P-2", "denied")]
    assert report.counts["consents_unheard"] == 1
