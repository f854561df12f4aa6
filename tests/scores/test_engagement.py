"""Engagement against the others, active contacts, and scores of other systems."""

from datetime import timedelta
from pathlib import Path

import pytest

from builders import AS_OF, Value, add, carry_out, in_memory, parsed, workspace
from cdp.errors import ConfigError
from cdp.scores.stage import STAGE
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)
COUNTED: dict[str, object] = {
    "method": "engagement",
    "points": {"email_clicked": 8, "page_viewed": 1},
    "half_life_days": 10,
}


def person(warehouse: Warehouse, name: str, country: str = "DE", custom: str = "{}") -> None:
    who: dict[str, Value] = {"profile_id": name, "profile_type": "person"}
    add(warehouse, "gold.profile", who | {"country": country, "custom": custom})
    add(warehouse, "gold.feature", {"profile_id": name, "entity_type": "person"})


def firm(warehouse: Warehouse, name: str, *contacts: str, custom: str = "{}") -> None:
    add(warehouse, "gold.account", {"account_id": name, "custom": custom})
    add(warehouse, "gold.feature", {"profile_id": name, "entity_type": "organisation"})
    for contact in contacts:
        link: dict[str, Value] = {"profile_id": contact, "other_id": name}
        kind = {"kind": "contact_of", "other_type": "organisation"}
        add(warehouse, "gold.relationship", link | kind)


def did(warehouse: Warehouse, who: str, what: str, days: float = 0, times: int = 1) -> None:
    row: dict[str, Value] = {
        "profile_id": who,
        "type": what,
        "occurred_at": NOW - timedelta(days=days),
    }
    numbered = ({"interaction_id": f"{who}{what}{days}{n}"} for n in range(times))
    if times:
        add(warehouse, "gold.interaction", *({**row, **one} for one in numbered))


def values(warehouse: Warehouse) -> dict[str, float]:
    return dict(warehouse.query("select profile_id, value from gold.score").rows())


def told(warehouse: Warehouse, who: str) -> list[str]:
    rows = warehouse.query("select explanation from gold.score where profile_id = $who", who=who)
    return [str(reason["because"]) for reason in parsed(rows.item())]


def test_the_place_among_those_who_did_something(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        for number in range(101):
            person(warehouse, f"P-{number}")
            did(warehouse, f"P-{number}", "page_viewed", times=number)
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/e.yaml": COUNTED}))
        found = values(warehouse)
        because = told(warehouse, "P-100")
    assert found == {f"P-{number}": float(number) for number in range(101)}
    assert because == [
        (
            "in hundredth 100 of those who did something, the 100th being the most engaged "
            "(page viewed: 100, last on 2026-07-01)"
        )
    ]


def test_what_is_long_ago_counts_less_and_what_is_too_old_nothing(tmp_path: Path) -> None:
    rules = COUNTED | {"within_days": 30}
    with in_memory(tmp_path) as warehouse:
        for name, days in {"now": 0, "half": 10, "late": 29.9, "never": 30}.items():
            person(warehouse, name)
            did(warehouse, name, "email_clicked", days)
        person(warehouse, "three")
        did(warehouse, "three", "page_viewed", times=3)
        did(warehouse, "three", "email_sent", times=30)
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/e.yaml": rules}))
        found = values(warehouse)
    assert sorted(found, key=lambda name: found[name]) == ["never", "late", "three", "half", "now"]
    assert found["never"] == 0


def test_a_group_that_is_large_enough_is_compared_within_itself(tmp_path: Path) -> None:
    rules = COUNTED | {"compare_within": "country", "least_peers": 3}
    with in_memory(tmp_path) as warehouse:
        for number in range(1, 21):
            person(warehouse, f"DE-{number}", "DE")
            did(warehouse, f"DE-{number}", "page_viewed", times=number + 10)
        for number in range(1, 5):
            person(warehouse, f"AT-{number}", "AT")
            did(warehouse, f"AT-{number}", "page_viewed", times=number)
        person(warehouse, "alone", "CH")
        did(warehouse, "alone", "page_viewed", times=25)
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/e.yaml": rules}))
        found = values(warehouse)
        because = told(warehouse, "AT-4")
    assert found["AT-4"] > 70
    assert found["AT-1"] == 1
    assert found["alone"] > 50
    assert because[0].startswith("in hundredth 76 of those who did something in AT,")


def test_an_organisation_engages_by_many_contacts_rather_than_by_one(tmp_path: Path) -> None:
    rules = COUNTED | {"of": ["organisation"]}
    with in_memory(tmp_path) as warehouse:
        for name, clicks in {"a": 4, "b": 4, "c": 4, "busy": 40, "idle": 0}.items():
            person(warehouse, name)
            did(warehouse, name, "email_clicked", times=clicks)
        firm(warehouse, "broad", "a", "b", "c")
        firm(warehouse, "lone", "busy", "idle")
        firm(warehouse, "none", "idle")
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/e.yaml": rules}))
        found = values(warehouse)
        because = told(warehouse, "broad")
    assert found["broad"] > found["lone"] > found["none"] == 0
    assert set(found) == {"broad", "lone", "none"}
    assert "(contacts: 3, last on 2026-07-01)" in because[0]


def test_contacts_are_active_for_three_weeks(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        for name, days in {"today": 0.0, "edge": 20.9, "late": 21.0}.items():
            person(warehouse, name)
            did(warehouse, name, "page_viewed", days, times=2)
        person(warehouse, "sent_to")
        did(warehouse, "sent_to", "email_sent")
        firm(warehouse, "F", "today", "edge", "late", "sent_to")
        firm(warehouse, "G", "late")
        rules = {"scores/active.yaml": {"method": "active_contacts"}}
        carry_out(STAGE, warehouse, workspace(tmp_path, rules))
        found = values(warehouse)
        because = told(warehouse, "F")
    assert found == {"F": 2.0, "G": 0.0}
    assert because == ["contacts active in the last 21 days: 2, last on 2026-07-01"]


def test_a_score_of_another_system_is_taken_as_it_is(tmp_path: Path) -> None:
    rules = {
        "scores/fit.yaml": {
            "method": "external",
            "of": ["person", "organisation"],
            "source": "crm",
            "field": "Fit Score",
            "lowest": 0,
            "highest": 1,
            "times": 100,
            "bands": {"low": 0, "high": 70},
        }
    }
    told_by = {"good": "0.71", "odd": "n/a", "wide": "7", "bare": None, "nan": "nan"}
    with in_memory(tmp_path) as warehouse:
        for name, number in told_by.items():
            custom = f'{{"crm":{{"Fit Score":"{number}"}}}}' if number else '{"erp":{"x":1}}'
            person(warehouse, name, custom=custom)
        firm(warehouse, "firm", custom='{"crm":{"Fit Score":0.5}}')
        carry_out(STAGE, warehouse, workspace(tmp_path, rules))
        bands = dict(warehouse.query("select profile_id, band from gold.score").rows())
        assert values(warehouse) == {"good": 71.0, "firm": 50.0}
        assert told(warehouse, "good") == ["crm says 0.71"]
    assert bands == {"good": "high", "firm": "low"}


def test_bounds_that_leave_no_room_are_refused(tmp_path: Path) -> None:
    rules = {"method": "external", "source": "crm", "field": "x", "lowest": 2, "highest": 1}
    with in_memory(tmp_path) as warehouse, pytest.raises(ConfigError, match=r"lowest 2.0 is more"):
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/x.yaml": rules}))


def test_the_quality_of_a_lead_follows_from_what_is_known_and_what_it_did(tmp_path: Path) -> None:
    rules = [
        {"because": "can be called", "attribute": "phone", "points": 5},
        {"because": "near", "attribute": "country", "among": ["at", "DE"], "points": 10},
        {"because": "decides", "attribute": "job_title", "containing": ["Head of"], "points": 20},
        {
            "because": "wants a price",
            "event": "page_viewed",
            "campaign": "spring",
            "subject": "Pricing",
            "points": 4,
        },
    ]
    with in_memory(tmp_path) as warehouse:
        known: dict[str, tuple[Value, ...]] = {
            "whole": ("+49", "DE", "HEAD OF SALES"),
            "part": (None, "FR", "Sales"),
        }
        for name, values_of in known.items():
            who = dict(zip(("phone", "country", "job_title"), values_of, strict=True))
            add(warehouse, "gold.profile", {"profile_id": name, "profile_type": "person", **who})
            add(warehouse, "gold.feature", {"profile_id": name, "entity_type": "person"})
        for number, (campaign, subject) in enumerate(
            [("spring", "/pricing"), ("spring", "/home"), ("autumn", "/pricing"), (None, None)]
        ):
            seen: dict[str, Value] = {"interaction_id": str(number), "profile_id": "part"}
            what: dict[str, Value] = {"type": "page_viewed", "occurred_at": NOW}
            said: dict[str, Value] = {"campaign": campaign, "subject": subject}
            add(warehouse, "gold.interaction", seen | what | said)
        definition = {"method": "rules", "rules": rules}
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/lead.yaml": definition}))
        found = values(warehouse)
        assert told(warehouse, "whole") == ["decides", "near", "can be called"]
    assert found == {"whole": 35.0, "part": 4.0}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"attribute": "shoe_size"}, r"unknown attribute 'shoe_size'; known: account_id, city"),
        ({"event": "order_placed", "among": ["x"]}, r"say how an `attribute` must be"),
        ({"event": "x", "attribute": "city"}, r"one of `event`, `feature` and `attribute`"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(
    tmp_path: Path, rule: dict[str, object], said: str
) -> None:
    definition = {"method": "rules", "rules": [{"because": "b", "points": 1} | rule]}
    with in_memory(tmp_path) as warehouse, pytest.raises(ConfigError, match=said):
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/lead.yaml": definition}))
