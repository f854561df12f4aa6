"""An account of HubSpot over a real socket: all, what changed, throttled, refused, interrupted."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cdp.errors import ConfigError
from hubspot_place import Place, person
from simulators.hubspot import serving
from simulators.hubspot_account import Account, wire

PEOPLE = 40


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-secret")
    account = Account()
    for number in range(1, PEOPLE + 1):
        account.now += timedelta(minutes=1)
        account.put("contacts", number, **person(number))
    with serving(account) as running:
        yield running


@pytest.fixture
def place(account: Account) -> Place:
    return Place(account)


def searches(account: Account) -> int:
    return sum("/search" in each for each in account.asked)


@pytest.mark.parametrize("version", ["v3", "2026-03"])
def test_everything_at_first_and_then_what_changed(account: Account, version: str) -> None:
    place = Place(account, options={"api_version": version})
    assert (place.load().new, place.load().new) == (PEOPLE, 0)
    account.now += timedelta(hours=1)
    account.put("contacts", 7, lastname="Changed")
    account.put("contacts", 1_000, **person(1_000))
    changed = place.load()
    assert (changed.new, changed.rows < PEOPLE, changed.notes) == (2, True, [])
    assert place.payloads["7"]["properties"]["lastname"] == "Changed"


def test_what_changes_while_the_list_is_read_is_read_again(account: Account) -> None:
    place = Place(account, options={"page_size": 10, "overlap_minutes": 0})

    def change(changing: Account) -> None:
        if "after=10" in changing.asked[-1]:  # row 1 was read, rows 21 to 40 were not
            changing.now += timedelta(minutes=1)
            changing.put("contacts", 1, lastname="Changed")
            changing.now += timedelta(hours=9)
            changing.put("contacts", 40, lastname="Later")

    account.meanwhile = change
    place.load()
    account.meanwhile = lambda _: None
    place.load()
    assert place.payloads["1"]["properties"]["lastname"] == "Changed"


def test_a_list_that_is_cut_short_goes_on_where_it_stood(account: Account) -> None:
    place = Place(account, options={"page_size": 1})

    def fail(failing: Account) -> None:
        if "after=30" in failing.asked[-1]:
            failing.refusals = [(500, {}, "")] * 3

    account.meanwhile = fail
    first = place.load()
    assert (0 < first.new < PEOPLE, "500" in first.notes[0]) == (True, True)
    account.meanwhile = lambda _: None
    second = place.load()
    assert (first.new + second.new, second.rows < PEOPLE) == (PEOPLE, True)
    account.now += timedelta(hours=1)
    account.put("contacts", 1, lastname="Changed")
    assert place.load().new == 1


def test_more_properties_than_an_address_holds_are_asked_for_in_a_body(account: Account) -> None:
    account.custom["contacts"] = {f"property_of_our_own_{n:04}": "string" for n in range(500)}
    account.put("contacts", 7, property_of_our_own_0499="gold")
    place = Place(account)
    assert (place.load().new, place.load().notes) == (PEOPLE, [])
    assert place.payloads["7"]["properties"]["property_of_our_own_0499"] == "gold"
    assert any("/batch/read" in each for each in account.asked)


def test_a_row_is_the_same_whichever_way_it_is_read(account: Account) -> None:
    account.custom["contacts"] = {"tier": "enumeration"}
    account.put("contacts", 7, tier="gold")
    account.put("companies", 3, name="Maes")
    account.associate("contacts", 7, "companies", 3)
    place = Place(account, options={"overlap_minutes": 99_999})
    assert place.load().new == PEOPLE
    again = place.load()
    assert (again.rows, again.new) == (PEOPLE, 0)
    place.cursors.clear()
    place.declare(account, options={"longest_address": 100})
    assert place.load().new == 0


def test_custom_properties_are_read_without_being_named(account: Account, place: Place) -> None:
    account.custom["contacts"] = {"tier": "enumeration"}
    account.put("contacts", 7, tier="gold", hs_analytics_source="OFFLINE")
    place.load()
    assert place.payloads["7"]["properties"]["tier"] == "gold"
    assert "hs_analytics_source" not in place.payloads["7"]["properties"]
    more = Place(account, options={"properties": {"contacts": ["hs_analytics_source"]}})
    more.load()
    assert more.payloads["7"]["properties"]["hs_analytics_source"] == "OFFLINE"


def test_searches_never_ask_beyond_what_a_search_shows(account: Account) -> None:
    account.most_found = 10
    place = Place(account, options={"page_size": 10, "overlap_minutes": 0})
    place.load()
    for number in range(1, PEOPLE + 1):
        account.now += timedelta(minutes=1)
        account.put("contacts", number, lastname="Changed")
    assert (place.load().new, place.load().new) == (PEOPLE, 0)


def test_more_rows_of_one_moment_than_a_search_shows_are_read_by_key(account: Account) -> None:
    account.most_found = 10
    place = Place(account, options={"page_size": 10, "overlap_minutes": 0})
    place.load()
    account.now += timedelta(hours=1)
    for number in range(1, PEOPLE + 1):
        account.put("contacts", number, lastname="Imported")
    account.now += timedelta(milliseconds=1)
    account.put("contacts", 1_000, **person(1_000))
    assert (place.load().new, searches(account) < 12) == (PEOPLE + 1, True)
    assert place.load().new == 0


def test_an_interrupted_search_goes_on_where_it_stood(account: Account) -> None:
    place = Place(account, options={"page_size": 1, "overlap_minutes": 1})
    place.load()
    for number in range(1, PEOPLE + 1):
        account.now += timedelta(minutes=5)
        account.put("contacts", number, lastname="Changed")
    end = searches(account) + 60

    def fail(failing: Account) -> None:
        if searches(failing) == end:
            failing.refusals = [(500, {}, "")] * 3

    account.meanwhile = fail
    first = place.load()
    account.meanwhile = lambda _: None
    second = place.load()
    assert 0 < first.new < PEOPLE
    assert (first.new + second.new, second.new < PEOPLE) == (PEOPLE, True)


def test_a_search_that_lags_behind_is_made_up_for(account: Account, place: Place) -> None:
    place.load()
    account.now += timedelta(hours=1)
    account.lag = timedelta(minutes=5)
    account.put("contacts", 7, lastname="Late")
    account.now += timedelta(minutes=2)
    assert place.load().new == 0
    account.now += timedelta(minutes=10)
    account.put("contacts", 8, lastname="Later")
    account.lag = timedelta()
    assert place.load().new == 2


def test_a_search_reaches_as_far_as_what_it_searched_by(account: Account) -> None:
    place = Place(account, options={"overlap_minutes": 0})
    place.load()
    account.now += timedelta(hours=1)
    moved = account.put("contacts", 7, lastname="Changed")
    account.now += timedelta(hours=2)
    moved.updated = account.now  # by what is no property
    assert place.load().new == 1
    late = account.put("contacts", 8, lastname="Between")
    late.properties["lastmodifieddate"] = wire(account.now - timedelta(hours=1))
    assert place.load().new == 1


def test_a_place_in_the_list_that_holds_no_more_begins_it_anew_once(account: Account) -> None:
    place = Place(account)
    place.cursors["contacts", "listing"] = '{"after":"30","until":null}'
    account.refuses_after = {"30"}
    loaded = place.load()
    assert (loaded.new, loaded.notes, place.cursors["contacts", "listing"]) == (PEOPLE, [], "")
    other = Place(account)
    other.cursors["contacts", "listing"] = '{"after":"30","until":null}'
    account.refusals = []
    account.refuses_after = {"30", "-1"}
    (note,) = other.load().notes
    assert "answered 400" in note


def test_what_was_archived_is_gone(account: Account) -> None:
    place = Place(account, options={"archive_days": 0})
    place.load()
    account.now += timedelta(hours=1)
    account.archive("contacts", 7)
    assert place.load().new == 1
    assert place.gone == ["7"]
    assert place.load().new == 0


def test_what_was_deleted_for_good_is_found_by_comparing_keys(account: Account) -> None:
    place = Place(account, options={"compare_days": 0})
    place.load()
    del account.tables["contacts"]["7"]
    assert place.load().new == 1
    assert place.gone == ["7"]


def test_who_was_merged_does_not_live_on_twice(account: Account, place: Place) -> None:
    place.load()
    account.now += timedelta(hours=1)
    key = account.merge("contacts", 7, 8)
    assert place.load().new == 3
    assert place.gone == ["7", "8"]
    assert place.payloads[key]["properties"]["hs_merged_object_ids"] == "7;8"
    assert place.payloads["8"]["mergedInto"] == key
    account.now += timedelta(hours=1)
    account.put("contacts", key, lastname="Changed")
    assert place.load().new == 1  # and nothing is said of 7 and 8 again


def test_companies_that_were_merged_do_not_live_on_either(account: Account) -> None:
    account.put("companies", 3, name="Maes")
    account.put("companies", 4, name="Maes NV")
    place = Place(account, objects=["companies"], options={"archive_days": None})
    place.load()
    account.now += timedelta(hours=1)
    account.merge("companies", 3, 4)
    assert place.load().new == 3
    assert place.gone == ["company-3", "company-4"]


def test_everything_is_read_anew_from_time_to_time(account: Account) -> None:
    place = Place(account, options={"reread_days": 0})
    place.load()
    account.put("companies", 3, name="Maes")
    account.associate("contacts", 7, "companies", 3, "Primary")
    assert place.load().new == 1
    said = place.payloads["7"]["associations"]["companies"]
    assert said == [{"id": "3", "labels": ["Primary"]}]


def test_all_associations_come_with_a_row_and_lines_inside_it(account: Account) -> None:
    account.most_ends = 2
    account.put("order", 1, hs_order_name="Camping")
    for number in range(1, 6):
        account.put("line_items", number, hs_sku=f"P-{number}", quantity="1", amount="5.00")
        account.associate("order", 1, "line_items", number)
    account.associate("order", 1, "contacts", 7)
    place = Place(account, objects=["orders"])
    assert place.load().notes == []
    order = place.payloads["1"]
    assert [each["properties"]["hs_sku"] for each in order["line_items"]] == [
        f"P-{number}" for number in range(1, 6)
    ]
    assert order["associations"] == {"contacts": [{"id": "7", "labels": []}], "companies": []}


def test_permissions_come_with_time_and_legal_basis(account: Account, place: Place) -> None:
    said = {"subscriptionId": 11, "status": "SUBSCRIBED", "legalBasis": "CONSENT_WITH_NOTICE"}
    account.statuses["c7@example.org"] = [said]
    account.put("contacts", 7, email="C7@example.org")
    place.load()
    assert place.payloads["7"]["subscriptions"] == [said]


def test_one_address_that_is_none_takes_no_permission_from_others(
    account: Account, place: Place
) -> None:
    said = {"subscriptionId": 11, "status": "SUBSCRIBED"}
    account.statuses["c7@example.org"] = [said]
    account.put("contacts", 8, hs_email_optout_11="true")
    account.no_addresses = {"c8@example.org"}
    assert (place.load().new, place.load().notes) == (PEOPLE, [])
    told = [place.payloads[key]["subscriptions"] for key in ("7", "8", "9")]
    assert told == [[said], [{"subscriptionId": "11", "status": "UNSUBSCRIBED"}], []]


def test_of_permissions_that_may_not_be_read_the_denials_are_known(
    account: Account, place: Place
) -> None:
    account.forbidden = {"statuses"}
    account.put("contacts", 7, hs_email_optout_11="true")
    assert place.load().new == PEOPLE
    said = [place.payloads[key]["subscriptions"] for key in ("7", "8")]
    assert said == [[{"subscriptionId": "11", "status": "UNSUBSCRIBED"}], []]
    assert sum("statuses" in each for each in account.asked) == 1


def limited(policy: str, message: str) -> str:
    told = {"status": "error", "message": message, "errorType": "RATE_LIMIT"}
    return json.dumps(told | {"policyName": policy, "correlationId": "c-1"})


def test_a_limit_by_the_second_is_waited_for(account: Account, place: Place) -> None:
    text = limited("SECONDLY", "You have reached your secondly limit.")
    account.refusals = [(429, {"retry-after": "0"}, text), (429, {}, text)]
    loaded = place.load()
    assert (loaded.new, loaded.notes) == (PEOPLE, [])


def test_a_limit_by_the_day_stops_at_once_and_the_next_run_goes_on(account: Account) -> None:
    place = Place(account, options={"page_size": 1}, objects=["contacts", "companies"])

    def refuse(refusing: Account) -> None:
        if "after=30" in refusing.asked[-1]:
            text = limited("DAILY", "You have reached your daily limit.")
            refusing.refusals = [(429, {}, text)] * 9

    account.meanwhile = refuse
    loaded = place.load()
    assert (
        "HubSpot's requests of the day are used up (You have reached your daily" in loaded.notes[0]
    )
    assert len(account.refusals) == 8  # it was asked once, and no other object after it
    account.meanwhile, account.refusals = (lambda _: None), []
    again = place.load()
    assert (loaded.new + again.new, again.rows < PEOPLE) == (PEOPLE, True)


def test_a_wrong_token_is_told_and_not_repeated(account: Account, monkeypatch: Any) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-wrong-one")
    place = Place(account)
    (note,) = place.load().notes
    assert "401: Authentication credentials not found" in note
    assert "the credentials were refused" in note
    assert "pat-wrong-one" not in note
    assert not place.versions


def test_what_the_app_may_not_read_is_left_aside_and_told(account: Account) -> None:
    account.forbidden = {"order", "cart", "line_items"}
    account.put("deals", 1, dealname="d")
    loaded = Place(account, objects=None).load()
    assert loaded.new == PEOPLE + 1
    assert "not for the app to read, so left aside: orders, carts, line_items" in loaded.notes[0]


def test_what_is_named_and_may_not_be_read_fails(account: Account) -> None:
    account.forbidden = {"deals"}
    place = Place(account, objects=["contacts", "deals"])
    (note,) = place.load().notes
    assert "403: This app hasn't been granted all required scopes" in note


def test_objects_that_there_are_none_of_are_told(account: Account) -> None:
    with pytest.raises(ConfigError, match="objects: names people, but HubSpot has none"):
        Place(account, objects=["people"]).load()
