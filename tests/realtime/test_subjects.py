"""Whatever comes, in whatever order: what is remembered is bounded, and adds up."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.realtime.delivered import Delivered, Party, Told
from cdp.realtime.orphans import Orphans
from cdp.realtime.subjects import Subjects
from cdp.store.eventlog_entry import Entry

AT = "2026-07-01T05:00:00.000000Z"
OWNERS = {("source", "crm:0"): ("P-0", True), ("email", "0@x.example"): ("P-0", True)}
NUMBER = st.integers(0, 5)


def party(number: int, mail: int, size: int = 400) -> Party:
    mails = (("email", f"{mail}@x.example"),)
    traits: dict[str, Any] = {"firstName": "Ada", "email": f"{mail}@x.example"}
    return Party(f"crm:{number}", "customers", "declared", AT, traits, mails, size)


def told(number: int, record: int | None, mail: int, size: int = 400) -> Told:
    of = None if record is None else f"crm:{record}"
    named = ("email", f"{mail}@x.example") if record is None else None
    return Told(f"order till:{number}", of, named, AT, {"id": f"till:{number}"}, size)


def event(number: int, user: int, mail: int) -> Entry:
    said = {"userId": f"u-{user}", "traits": {"email": f"{mail}@x.example"}}
    payload = msgspec.Raw(msgspec.json.encode(said))
    return Entry("web", "events", f"m-{number}", AT, "r", payload, type="identify")


def subjects(most_bytes: int = 1 << 20) -> Subjects:
    return Subjects(
        lambda kind, value: OWNERS.get((kind, value)),
        lambda traits: [("email", traits["email"])] if "email" in traits else [],
        lambda kind, value: [OWNERS[kind, value][0]] if (kind, value) in OWNERS else [],
        lambda record, named: record == "crm:5" or ("email", "5@x.example") in named,
        most_bytes,
    )


STEPS = st.lists(
    st.one_of(
        st.builds(party, NUMBER, NUMBER),
        st.builds(told, NUMBER, st.none() | NUMBER, NUMBER),
        st.builds(event, st.integers(0, 30), NUMBER, NUMBER),
        NUMBER.map("crm:{}".format),
        NUMBER.map("till:{}".format),
    ),
    max_size=60,
)


def follow(known: Subjects, steps: list[Any]) -> None:
    for step in steps:
        if isinstance(step, Entry):
            known.take(step)
        else:
            known.deliver(
                Delivered(
                    (step,) if isinstance(step, Party) else (),
                    (step,) if isinstance(step, Told) else (),
                    (step,) if isinstance(step, str) else (),
                )
            )


@settings(max_examples=300, deadline=None)
@given(STEPS, st.integers(2_000, 20_000))
def test_what_is_remembered_adds_up(steps: list[Any], most_bytes: int) -> None:
    known = subjects(most_bytes)
    follow(known, steps)
    found = [s for of in ("user_id", "source", "mention") for s in _every(known, of)]
    assert len(found) == len(known)
    assert sum(s.held for s in found) * 500 <= most_bytes
    rows: list[str] = []
    for subject in found:
        assert subject.held == len(subject.events) + len(subject.rows) > 0
        assert subject.record_id != "crm:5", "who was erased"
        assert known.person(subject) in known.group(known.person(subject))
        assert subject in known.group(known.person(subject))
        rows += subject.rows
    assert len(rows) == len(set(rows)), "a row is of one subject"


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_the_last_version_of_a_row_is_shown_and_none_that_is_gone(steps: list[Any]) -> None:
    known = subjects()
    follow(known, steps)
    last: dict[str, Any] = {}
    for step in steps:
        match step:
            case str():
                last[step] = last[f"order {step}"] = None
            case Party():
                last[step.record_id] = step
            case Told():
                last[step.id] = step
            case _:
                pass
    for subject in _every(known, "source"):
        for key, row in subject.rows.items():
            assert last[key] is not None
            assert row is None or row == last[key]


def _every(known: Subjects, of: str) -> list[Any]:
    names = {
        "user_id": [f"u-{n}" for n in range(6)],
        "source": [f"crm:{n}" for n in range(6)],
        "mention": ["source:crm:0", "email:0@x.example"],
    }
    found = (known.get(of, name) for name in names[of])
    return [subject for subject in found if subject is not None]


def test_what_waits_for_a_record_is_bounded() -> None:
    orphans = Orphans(10_000)
    for number in range(100):
        orphans.put("crm:3", told(number, 3, 0, 1_000))
    assert len(orphans) == 10
    orphans.put("crm:4", told(0, 4, 0, 1_000))  # a later version, of another record
    orphans.drop("order till:1")
    assert [each.id for each in orphans.take("crm:4")] == ["order till:0"]
    assert len(orphans.take("crm:3")) == 8
    assert (len(orphans), orphans.take("crm:3")) == (0, [])
    orphans.put("crm:3", told(0, 3, 0, 10_000))
    assert len(orphans) == 1
