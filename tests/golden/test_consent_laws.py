"""Consent resolution against a slow oracle, and the laws that no set of statements may break."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.golden.given import statements as given_here
from cdp.golden.permission import ConsentFile
from cdp.golden.plan import plan
from cdp.golden.stage import _carry_out
from cdp.golden.survivorship import SurvivorshipFile
from cdp.store import Warehouse
from golden_rows import Row, add, day, empty, person

OWNER = {"crm:1": "P-1", "shop:1": "P-1", "crm:2": "P-2"}
POINTS = {
    "P-1": {"email": ["shared", "mine"], "phone": ["+1"], "post": []},
    "P-2": {"email": ["shared", "theirs"], "phone": [], "post": []},
}
BLOCKED = {"placeholder"}
HELD = {"P-1": ["shared", "mine", "+1", "placeholder"], "P-2": ["shared", "theirs", "placeholder"]}
CARRIED = {
    "crm:1": {"shared", "placeholder", "+1"},
    "shop:1": {"mine"},
    "crm:2": {"shared", "theirs", "placeholder"},
}
SEVERITY = {"granted": 0, "pending": 1, "denied": 2}
Scope = tuple[str, str, str, str, str]
_STATEMENTS = [
    s for s in plan(SurvivorshipFile()) if "consent" in s.writes or "contact" in s.writes
]


@st.composite
def statements(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(["email", "email", "phone", "post"]))
    record_id = draw(st.sampled_from([*OWNER, None, "gone:1"]))
    values = {
        "email": ["shared", "mine", "theirs", "placeholder", "unknown"],
        "phone": ["+1"],
        "post": [],
    }[kind]
    anywhere = [None] if record_id or not values else []
    channels = {"email": ["email"], "phone": ["sms", "phone"], "post": ["post"]}[kind]
    return {
        "record_id": record_id,
        "contact_kind": kind,
        "contact_value": draw(st.sampled_from([*values, *anywhere])),
        "channel": draw(st.sampled_from(channels)),
        "category": draw(st.sampled_from(["any", "news"])),
        "state": draw(st.sampled_from(list(SEVERITY))),
        "given_at": day(draw(st.integers(1, 4))),
        "provable": draw(st.booleans()),
    }


SETS = st.lists(statements(), max_size=8)


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Three records of two persons, with their identifiers already golden."""
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"email": ["shared", "placeholder"], "phone": "+1"})
        person(warehouse, "shop:1", "P-1", {"email": "mine"})
        person(warehouse, "crm:2", "P-2", {"email": ["shared", "theirs", "placeholder"]})
        blocked = [{"kind": "email", "value": value} for value in BLOCKED]
        add(warehouse, "identity.blocked_value", blocked)
        warehouse.put("step.consent_default", ConsentFile().defaults())
        warehouse.put("step.given_consent", given_here(tmp_path_factory.mktemp("home")))
        for statement in plan(SurvivorshipFile()):
            if statement.writes in {"gold.source_record", "gold.identifier"}:
                warehouse.replace(statement)
            if statement.writes == "step.linked_identifier":
                warehouse.make(statement)
        yield warehouse


def decide(warehouse: Warehouse, said: list[Row]) -> dict[Scope, Row]:
    """Return what the statements of the room make of these, by scope."""
    warehouse.connection.execute("delete from silver.consent")
    add(warehouse, "silver.consent", said)
    _carry_out(warehouse, _STATEMENTS)
    found = warehouse.query("select * from gold.consent").to_dicts()
    columns = ("profile_id", "contact_kind", "contact_value", "channel", "category")
    return {tuple(row[c] for c in columns): row for row in found}


def numbered(said: list[Row]) -> list[Row]:
    return [{"consent_id": f"x:{n}", **row} for n, row in enumerate(said)]


def counts_for(row: Row, profile_id: str) -> bool:
    """Whether a statement is heard when this profile's permissions are weighed."""
    if OWNER.get(row["record_id"] or "") == profile_id:
        return True
    if row["contact_value"] not in HELD[profile_id]:
        return False
    if row["state"] != "granted":
        return True
    return row["record_id"] is None and row["contact_value"] not in BLOCKED


def oracle(said: list[Row]) -> dict[Scope, tuple[str, str]]:
    """Weigh the statements one scope at a time, from the definitions."""
    verdicts: dict[Scope, tuple[str, str]] = {}
    for profile_id in POINTS:
        heard = [row for row in said if counts_for(row, profile_id)]
        for kind, channel, category in product(
            ["email", "phone", "post"], ["email", "sms", "phone", "post"], ["any", "news"]
        ):
            of_kind = [row for row in heard if row["contact_kind"] == kind]
            on = [row for row in of_kind if row["channel"] == channel]
            named = {row["contact_value"] for row in on if row["category"] == category}
            known = {*POINTS[profile_id][kind], *(row["contact_value"] for row in of_kind)}
            touched = named | (known if None in named else set())
            for value in touched:
                weighed = [
                    row
                    for row in on
                    if row["contact_value"] in {value, None}
                    and row["category"] in {category, "any"}
                    and not is_carried_over(row, value)
                ]
                verdict = weigh(weighed, kind, value, category) if weighed else None
                general = value is None and kind != "post"
                if verdict is not None and not (general and verdict[0] == "granted"):
                    verdicts[profile_id, kind, value or "*", channel, category] = verdict
    return verdicts


def is_carried_over(row: Row, value: str | None) -> bool:
    """Whether it is an opt-in for every contact point, and this one is another record's."""
    if row["state"] != "granted" or row["contact_value"] is not None or value is None:
        return False
    return value not in CARRIED.get(row["record_id"] or "", ())


def weigh(said: list[Row], kind: str, value: str | None, category: str) -> tuple[str, str]:
    refusals = [row for row in said if row["state"] != "granted"]
    lifting = [
        row
        for row in said
        if row["state"] == "granted"
        and row["provable"]
        and (row["contact_value"], row["category"]) == (value, category)
        and (value is not None or kind == "post")
        and refusals
        and row["given_at"] > max(refusal["given_at"] for refusal in refusals)
    ]
    if lifting:
        return "granted", "later_opt_in"
    state = max((row["state"] for row in said), key=lambda s: SEVERITY[s])
    return state, "only_statement" if len(said) == 1 else "most_restrictive"


def permits(found: dict[Scope, Row], scope: Scope) -> str:
    """What a sender reads: the contact point's own row, else the general one, else no."""
    profile_id, kind, value, channel, category = scope
    for point, of in product((value, "*"), (category, "any")):
        row = found.get((profile_id, kind, point, channel, of))
        if row:
            return str(row["state"])
    return "denied"


def _states(found: dict[Scope, Row]) -> dict[Scope, tuple[str, str]]:
    return {scope: (row["state"], row["rule"]) for scope, row in found.items()}


LAW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LAW
@given(said=SETS)
def test_the_statements_agree_with_the_oracle(parties: Warehouse, said: list[Row]) -> None:
    assert _simple(_states(decide(parties, numbered(said)))) == _simple(oracle(said))


def _simple(verdicts: dict[Scope, tuple[str, str]]) -> dict[Scope, tuple[str, str]]:
    """Of refusals by others only the latest is kept, so how many there were may differ."""
    single = {"only_statement": "most_restrictive"}
    return {scope: (state, single.get(rule, rule)) for scope, (state, rule) in verdicts.items()}


@LAW
@given(said=SETS, data=st.data())
def test_the_order_of_statements_does_not_matter(
    parties: Warehouse, said: list[Row], data: Any
) -> None:
    shuffled = data.draw(st.permutations(numbered(said)))
    assert decide(parties, shuffled) == decide(parties, numbered(said))


@LAW
@given(said=SETS, denial=statements())
def test_a_denial_more_never_permits_more(parties: Warehouse, said: list[Row], denial: Row) -> None:
    before = decide(parties, numbered(said))
    after = decide(parties, numbered([*said, denial | {"state": "denied"}]))
    for scope in before.keys() | after.keys():
        assert SEVERITY[permits(after, scope)] >= SEVERITY[permits(before, scope)]


@LAW
@given(said=SETS, value=st.sampled_from(["shared", "mine"]))
def test_a_later_proven_opt_in_wins_for_its_own_contact_point_only(
    parties: Warehouse, said: list[Row], value: str
) -> None:
    opt_in = {
        "record_id": "crm:1",
        "contact_value": value,
        "state": "granted",
        "given_at": day(9),
        "provable": True,
    }
    before = decide(parties, numbered(said))
    after = decide(parties, numbered([*said, opt_in]))
    own: Scope = ("P-1", "email", value, "email", "any")
    assert permits(after, own) == "granted"
    others = (before.keys() | after.keys()) - {own, (*own[:4], "news")}
    assert {s: permits(after, s) for s in others} == {s: permits(before, s) for s in others}


@LAW
@given(said=SETS)
def test_a_link_carries_no_opt_in_to_another_records_contact_point(
    parties: Warehouse, said: list[Row]
) -> None:
    """That records are one person is a conclusion; who said yes for a contact point is not."""
    for scope, row in decide(parties, numbered(said)).items():
        profile_id, kind, value, channel, _ = scope
        if row["state"] != "granted" or kind == "post":
            continue
        assert any(
            (one["channel"], one["state"]) == (channel, "granted")
            and (
                (
                    one["contact_value"] == value
                    and (one["record_id"] is None or OWNER.get(one["record_id"]) == profile_id)
                )
                or (one["contact_value"] is None and value in CARRIED.get(one["record_id"], ()))
            )
            for one in said
        )
