"""Who may be calling: ranking, guesses that say so, and what agents said before."""

from datetime import timedelta
from pathlib import Path

import pytest

from builders import Value, add, opened, workspace
from cdp.errors import InputError, NotFoundError
from cdp.publish.served import Generation, Published
from cdp.scenarios.screen_pop import OMITTED_AFTER, candidates
from cdp.store.state import State
from cdp.store.state_acts import By, Once, ReusedKeyError
from cdp.store.state_dismissals import Dismissal, Dismissals
from published import ACME, ADA, BOB, MERGED, NOW, PERSON, fill, publish

SHARED, HOME, DESK = "+4917012345678", "+493090001", "+493090182017"
EVE, CHILD = "P-eve", "P-child"


def _phone(profile_id: str, value: str, **more: Value) -> dict[str, Value]:
    kind = "organisation" if profile_id.startswith("A-") else "person"
    row: dict[str, Value] = {"profile_id": profile_id, "kind": "phone", "value": value}
    return row | {"entity_type": kind, "records": ["crm:1"]} | more


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    folder = tmp_path_factory.mktemp("calls")
    place = workspace(folder, {"cdp.yaml": {"name": "t", "country": "DE"}})
    with opened(folder) as warehouse:
        fill(warehouse)
        add(
            warehouse,
            "gold.profile",
            PERSON | {"profile_id": EVE, "full_name": "Eve", "phone": SHARED},
            PERSON | {"profile_id": CHILD, "full_name": "Kid"},
        )
        add(
            warehouse,
            "gold.identifier",
            _phone(EVE, SHARED, verified=True, records=["crm:3", "shop:3"]),
            _phone(ACME, "+4930901820"),
            _phone(BOB, HOME),
        )
        together: list[dict[str, Value]] = [
            {"household_id": "H-1", "profile_id": p, "role": r, "others": o, "confidence": 0.9}
            for p, r, o in ((EVE, "head", [CHILD]), (CHILD, "child", [EVE]))
        ]
        add(warehouse, "gold.household_member", *together)
        publish(place, warehouse)
    return Published(place.home).current()


def said(*parties: str) -> list[Dismissal]:
    return [
        Dismissal(n, SHARED, party, None, "ann", "no", NOW, None, None, None)
        for n, party in enumerate(parties)
    ]


def ranked(generation: Generation, phone: str, *dismissed: str) -> list[tuple[str, str]]:
    found = candidates(generation, phone, said(*dismissed))
    return [(c.id, c.certainty) for c in found.candidates]


def test_owners_come_first_then_who_lives_with_them_then_guesses(generation: Generation) -> None:
    assert ranked(generation, SHARED) == [
        (EVE, "owner"),
        (ADA, "owner"),
        (CHILD, "household"),
        (BOB, "possible"),
    ]
    reasons = {c.id: c.reasons for c in candidates(generation, SHARED, []).candidates}
    assert reasons[EVE] == [
        "owns this number",
        "it is their best number",
        "a source verified it",
        "2 source records carry it",
    ]
    assert reasons[CHILD] == [f"lives with {EVE}, who owns this number (child)"]
    assert reasons[BOB][0].startswith(f"perhaps the same as {ADA}, who owns this number")


def test_who_was_dismissed_stands_behind_all_others_and_says_so(generation: Generation) -> None:
    assert ranked(generation, SHARED, EVE)[-1] == (EVE, "owner")
    last = candidates(generation, SHARED, said(EVE, EVE)).candidates[-1]
    assert last.reasons[-1] == "was said not to be the caller: 2 x, last on 2026-07-01"
    often = candidates(generation, SHARED, said(*[EVE] * OMITTED_AFTER))
    assert often.omitted == [EVE]
    assert EVE not in {c.id for c in often.candidates}


def test_what_was_said_of_an_id_that_was_merged_holds_for_its_survivor(
    generation: Generation,
) -> None:
    assert ranked(generation, SHARED, MERGED)[-1] == (ADA, "owner")
    assert ranked(generation, SHARED, "P-never") == ranked(generation, SHARED)


def test_an_extension_leads_to_the_switchboard(generation: Generation) -> None:
    assert ranked(generation, DESK) == [(ACME, "switchboard")]
    assert ranked(generation, "+15550001111") == []


def test_dismissals_are_kept_once_and_taken_back(tmp_path: Path) -> None:
    by = By("ann", "not the caller", NOW)
    once = Once("key", "one", "request")
    with State.open(tmp_path) as state:
        dismissals = Dismissals(state)
        made, is_new = dismissals.add((SHARED, "call-7"), ADA, by, once)
        assert is_new
        assert dismissals.add((SHARED, "call-7"), ADA, by, once) == (made, False)
        with pytest.raises(ReusedKeyError):
            dismissals.add((SHARED, None), BOB, by, Once("key", "one", "other"))
        dismissals.add((HOME, None), BOB, by)
        assert [d.party_id for d in dismissals.of_number(SHARED)] == [ADA]
        assert [d.dismissal_id for d in dismissals.page(5)] == [2, 1]
        assert [d.dismissal_id for d in dismissals.page(5, before=2)] == [1]
        undone = dismissals.undo(1, By("bob", "wrong button", NOW + timedelta(hours=1)))
        assert (undone.undone_by, undone.undone_reason) == ("bob", "wrong button")
        assert dismissals.of_number(SHARED) == []
        with pytest.raises(NotFoundError, match="not in force"):
            dismissals.undo(1, by)
        with pytest.raises(NotFoundError, match="there is no dismissal 9"):
            dismissals.one(9)
        with pytest.raises(InputError, match="needs its reason"):
            dismissals.add((SHARED, None), ADA, By("ann", " ", NOW))
        assert state.version("dismissal") == 3
