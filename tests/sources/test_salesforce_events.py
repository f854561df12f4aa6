"""Change events of Salesforce: read again as a whole, gaps queried, our own changes skipped."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from salesforce_place import Place
from simulators.salesforce import serving
from simulators.salesforce_org import Org

OPTIONS = {"change_events": ["Contact"], "event_wait_seconds": 0.01}


@pytest.fixture
def org(monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    monkeypatch.setenv("SF_ID", "app")
    monkeypatch.setenv("SF_SECRET", "secret")
    org = Org(emits={"Contact", "Lead"}, now=datetime(2026, 6, 30, 20, tzinfo=UTC))
    org.has("Contact", "003", LastName="string", Score__c="double")
    org.has("Lead", "00Q", LastName="string")
    for number in range(5):
        org.add("Contact", LastName=f"N{number}", Score__c=1.5)
    org.add("Lead", LastName="Few")
    with serving(org) as running:
        yield running


@pytest.fixture
def place(org: Org) -> Place:
    """An instance that was read before, by query and by events."""
    place = Place(org, objects=["Contact", "Lead"], options=OPTIONS)
    assert (place.load().notes, len(place.versions)) == ([], 6)
    org.asked.clear()
    return place


def queries(org: Org, name: str) -> int:
    """Return how often an object was asked for what changed."""
    return sum(f"FROM {name} WHERE SystemModstamp" in each for each in org.asked)


def first(org: Org) -> str:
    return next(iter(org.tables["Contact"].rows))


def test_a_changed_row_is_read_as_a_whole_and_nothing_else(place: Place, org: Org) -> None:
    org.change("Contact", first(org), LastName="Changed")
    org.change("Contact", first(org), LastName="Changed again")
    new = org.add("Contact", LastName="New")
    loaded = place.load()
    assert (loaded.rows, loaded.new, loaded.notes) == (2 + 1, 2, [])
    payload = place.payloads[first(org)]
    assert (payload["LastName"], payload["Score__c"]) == ("Changed again", 1.5)
    assert new in place.versions
    assert (queries(org, "Contact"), queries(org, "Lead")) == (0, 2)
    assert place.load().new == 0


def test_rows_are_deleted_restored_and_purged(place: Place, org: Org) -> None:
    key = first(org)
    org.delete("Contact", key)
    place.load()
    assert place.gone == [key]
    org.change("Contact", key, IsDeleted=False)
    place.load()
    assert place.gone == []
    org.delete("Contact", key)
    org.purge("Contact", key)
    place.load()
    assert place.gone == [key]
    assert queries(org, "Contact") == 0


@pytest.mark.parametrize(
    ("kind", "keys"),
    [("GAP_OVERFLOW", ()), ("UPDATE", ("003*",)), ("GAP_UPDATE", ("003*",))],
)
def test_an_event_that_names_no_rows_is_a_gap(
    place: Place, org: Org, kind: str, keys: tuple[str, ...]
) -> None:
    org.emits.clear()
    org.change("Contact", first(org), LastName="Unsaid")
    org.emits.add("Contact")
    org.tell("Contact", kind, *keys)
    assert place.load().new == 1
    assert queries(org, "Contact") == 2
    assert place.payloads[first(org)]["LastName"] == "Unsaid"
    assert place.load().new == 0
    assert queries(org, "Contact") == 2


def test_a_gap_of_one_row_is_that_row_read_again(place: Place, org: Org) -> None:
    org.emits.clear()
    org.change("Contact", first(org), LastName="Unsaid")
    org.emits.add("Contact")
    org.tell("Contact", "GAP_UPDATE", first(org))
    assert place.load().new == 1
    assert queries(org, "Contact") == 0


def test_a_gap_stays_until_it_was_queried(place: Place, org: Org) -> None:
    def refuse(refusing: Org) -> None:
        if "sobjects/Contact/describe" in refusing.asked[-1]:
            refusing.refusals = [(500, {}, "")] * 3

    org.emits.clear()
    org.change("Contact", first(org), LastName="Unsaid")
    org.emits.add("Contact")
    org.tell("Contact", "GAP_OVERFLOW")
    org.meanwhile = refuse
    assert place.load().new == 0
    org.meanwhile = lambda _: None
    org.refusals = []
    assert place.load().new == 1


def test_what_the_platform_wrote_itself_is_no_change(place: Place, org: Org) -> None:
    org.origin = "com/salesforce/api/rest/62.0;client=cdp"
    org.change("Contact", first(org), LastName="Ours")
    loaded = place.load()
    assert (loaded.new, queries(org, "Contact")) == (0, 0)


def test_a_place_that_is_lost_is_made_good_by_a_query(place: Place, org: Org) -> None:
    org.emits.clear()
    org.change("Contact", first(org), LastName="Unsaid")
    org.emits.add("Contact")
    org.add("Contact", LastName="Said")
    org.oldest = len(org.events) + 1
    assert place.load().new == 2
    assert queries(org, "Contact") == 2


def test_events_are_not_all_that_is_trusted(place: Place, org: Org) -> None:
    org.emits.clear()
    org.change("Contact", first(org), LastName="Unsaid")
    org.emits.add("Contact")
    assert place.load().new == 0
    place.now += timedelta(hours=25)
    assert place.load().new == 1


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"emits": set()}, "404::Unknown channel:/data/ChangeEvents), so changes are asked for by"),
        ({"refusals": [(200, {}, '[{"channel":"/meta/handshake","successful":false}]')]}, "gives"),
        ({"refusals": [(200, {}, "<html/>")]}, "/cometd/62.0 answered something that Salesforce"),
    ],
)
def test_without_events_changes_are_queried(
    place: Place, org: Org, broken: dict[str, Any], message: str
) -> None:
    org.emits.clear()
    org.change("Contact", first(org), LastName="Changed")
    org.emits.add("Contact")
    for name, value in broken.items():
        setattr(org, name, value)
    loaded = place.load()
    assert loaded.new == 1
    assert message in loaded.notes[0]


def test_objects_that_nobody_asked_for_are_left_aside(org: Org) -> None:
    place = Place(org, options=OPTIONS | {"change_events": ["Contact", "Lead"]})
    place.load()
    org.change("Lead", next(iter(org.tables["Lead"].rows)), LastName="Else")
    assert place.load().new == 0
    assert not any(key.startswith("00Q") for key in place.versions)


def test_many_changed_rows_of_wide_objects_are_read_in_parts(org: Org) -> None:
    wide = {f"Field_with_a_long_name_{n:03}__c": "string" for n in range(350)}
    org.has("Wide__c", "a00", **wide)
    org.emits.add("Wide__c")
    for _ in range(400):
        org.add("Wide__c", Field_with_a_long_name_007__c="x")
    place = Place(org, objects=["Wide__c"], options=OPTIONS | {"change_events": ["Wide__c"]})
    assert (place.load().notes, len(place.versions)) == ([], 400)
    for key in org.tables["Wide__c"].rows:
        org.change("Wide__c", key, Field_with_a_long_name_007__c="y")
    loaded = place.load()
    assert (loaded.rows, loaded.new, loaded.notes) == (400, 400, [])
