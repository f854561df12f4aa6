"""Marketing Cloud over a real socket: rows, subscribers, events; throttled, refused, cut short."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cdp.errors import ConfigError
from cdp.sources import SOURCES, Opening, SourceInstance
from sfmc_place import BEGUN, NOW, Place, at, declared, event, people, subscriber
from simulators.sfmc import Account, Extension, serving
from source_files import read, write

ROWS = 20
DATED = {"People": {"changed": "Modified"}}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("MC_ID", "client")
    monkeypatch.setenv("MC_SECRET", "mc-secret")
    with serving(Account({"People": people(ROWS)})) as running:
        yield running


def reading(account: Account, **options: Any) -> Place:
    return Place(account, objects=["People"], options={"data_extensions": DATED} | options)


@pytest.mark.parametrize("size", [2500, 7, 1])
def test_rows_at_first_and_then_what_changed(account: Account, size: int) -> None:
    place = reading(account, page_size=size, overlap_minutes=5)
    assert (place.load().new, place.load().new) == (ROWS, 0)
    rows = account.extensions["People"].rows
    rows[2] |= {"FirstName": "Changed", "Modified": at(600)}
    changed = place.load()
    assert (changed.new, changed.rows < ROWS, changed.notes) == (1, True, [])
    assert place.payloads["k-3"] == {
        "subscriberkey": "k-3",
        "firstname": "Changed",
        "modified": "6/28/2026 4:00:00 PM",
    }
    wanted = "modified gt '2026-06-28T06:15:00'"  # in the account's zone, five minutes before
    assert any(wanted in each for each in _asked(account))


def _asked(account: Account) -> list[str]:
    return [
        each.replace("%20", " ").replace("%27", "'").replace("%3A", ":") for each in account.asked
    ]


def test_rows_of_one_moment_are_paged_through_by_the_token(account: Account) -> None:
    for row in account.extensions["People"].rows:
        row["Modified"] = at(1)
    place = reading(account, page_size=3)
    assert (place.load().new, place.load().new) == (ROWS, 0)
    assert any("/token/" in each for each in account.asked)


def test_a_row_that_changes_while_it_is_read_hides_no_other(account: Account) -> None:
    def move(moved: Account) -> None:
        if len(moved.asked) == 2:
            moved.extensions["People"].rows[1]["Modified"] = at(500)

    account.meanwhile = move
    place = reading(account, page_size=5)
    place.load()
    assert len(place.versions) == ROWS
    assert place.payloads["k-2"]["modified"] == "6/28/2026 2:20:00 PM"


@pytest.mark.parametrize("size", [2500, 4])
def test_a_date_that_lies_ahead_hides_no_change(account: Account, size: int) -> None:
    rows = account.extensions["People"].rows
    rows[7]["Modified"] = datetime(2031, 1, 1, tzinfo=UTC)
    rows += [row | {"SubscriberKey": f"late-{n}"} for n, row in enumerate(rows[7:8] * 9)]
    place = reading(account, page_size=size)
    assert (place.load().new, place.load().new) == (ROWS + 9, 0)
    rows[2] |= {"FirstName": "Changed", "Modified": place.now}
    place.now += timedelta(hours=1)
    assert (place.load().new, place.payloads["k-3"]["firstname"]) == (1, "Changed")


def test_a_member_of_a_list_whose_date_lies_ahead_hides_no_change(account: Account) -> None:
    member = {"ListID": 31, "SubscriberKey": "k", "Status": "Active"}
    there = [member | {"ModifiedDate": datetime(2031, 1, 1, tzinfo=UTC)}]
    account.objects["ListSubscriber"] = there
    place = Place(account, objects=["ListSubscriber"])
    assert place.load().new == 1
    there.append(member | {"SubscriberKey": "l", "ModifiedDate": place.now})
    place.now += timedelta(hours=1)
    assert place.load().new == 1


def test_a_position_that_lies_ahead_is_none(account: Account) -> None:
    place = reading(account)
    place.cursors["People", "changes"] = "2031-01-01T00:00:00"
    assert place.load().new == ROWS


def test_all_fields_of_a_key_tell_rows_apart_and_a_row_without_one_has_a_number(
    account: Account,
) -> None:
    account.extensions["Log"] = Extension(("Who", "What"), [{"Who": "a", "What": "b", "N": "1"}])
    account.extensions["Bag"] = Extension(
        ("_CustomObjectKey",), [{"_CustomObjectKey": "17", "City": "Caen"}]
    )
    account.extensions["Heap"] = Extension((), [{"City": "Caen"}, {"City": "Brest"}])
    place = Place(account, objects=["Log", "Bag", "Heap"])
    assert (place.load().new, place.load().new) == (4, 0)
    assert {"a|b", "17"} < place.versions.keys()
    account.extensions["Heap"].rows[0]["City"] = "Rouen"
    assert place.load().new == 1  # without any key a changed row is another row


def test_rows_that_are_gone_are_found_by_comparing(account: Account) -> None:
    place = reading(account, compare_days=0, page_size=6)
    place.load()
    del account.extensions["People"].rows[4]
    assert (place.load().new, place.gone) == (1, ["k-5"])


@pytest.mark.parametrize("is_by_soap", [False, True])
def test_a_row_that_a_page_lacks_while_keys_are_compared_is_not_gone(
    account: Account, is_by_soap: bool
) -> None:
    account.objects["ListSubscriber"] = [
        {"ListID": 31, "SubscriberKey": f"k-{n}", "Status": "Active", "ModifiedDate": at(n)}
        for n in range(5)
    ]
    objects = ["ListSubscriber"] if is_by_soap else ["People"]
    rows = account.objects["ListSubscriber"] if is_by_soap else account.extensions["People"].rows
    place = Place(account, objects=objects, options={"compare_days": 0})
    place.load()
    hidden = rows[3]
    reads = len(account.asked)

    def hide(hiding: Account) -> None:
        if len(hiding.asked) == reads + 1:
            rows.remove(hidden)
        elif hidden not in rows:
            rows.append(hidden)

    account.meanwhile = hide
    place.load()
    assert (place.gone, len(account.asked)) == ([], reads + 3)
    rows.remove(hidden)
    account.meanwhile = lambda _: None
    place.load()
    assert len(place.gone) == 1


def test_an_answer_that_says_nothing_of_rows_is_no_empty_one(account: Account) -> None:
    place = reading(account, compare_days=0)
    place.load()

    def forget(forgetful: Account) -> None:
        forgetful.refusals = [(200, {}, '{"links":{}}')]  # as keys are compared

    account.meanwhile = forget
    (note,) = place.load().notes
    assert "neither items nor a count of 0" in note
    assert place.gone == []
    account.meanwhile = lambda _: None
    account.refusals = [(200, {}, '{"count":0}')]
    assert place.load().notes == []


def test_a_token_that_ends_in_mid_walk_is_fetched_anew_by_rest_and_by_soap(
    account: Account,
) -> None:
    account.token_uses = 3
    account.most = 2
    account.objects["OpenEvent"] = [event(n) for n in range(20)]
    options = {"data_extensions": DATED, "page_size": 4, "account_id": 510000123}
    place = Place(account, objects=["People", "OpenEvent"], options=options)
    assert (place.load().new, place.load().notes) == (ROWS + 20, [])
    assert len(account.granted) > 3
    assert {asked["account_id"] for asked in account.granted} == {510000123}


def test_what_is_refused_for_the_moment_is_asked_again(account: Account) -> None:
    account.refusals = [(429, {"retry-after": "0"}, ""), (500, {}, "")]
    assert reading(account).load().new == ROWS


def test_a_wrong_secret_is_told_and_tried_once_and_not_repeated(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MC_SECRET", "wrong-secret")
    place = Place(account, objects=["People", "OpenEvent"])
    loaded = place.load()
    assert (loaded.new, place.cursors, account.tried) == (0, {}, 1)
    assert all("gave no token (status 401)" in note for note in loaded.notes)
    assert "wrong-secret" not in str(loaded.notes)


def test_what_is_not_there_is_told_in_the_words_of_the_account(account: Account) -> None:
    account.statuses["SentEvent"] = "Error: API Permission Failed."
    place = Place(account, objects=["Nowhere", "SentEvent", "People"])
    loaded = place.load()
    assert loaded.new == ROWS
    first, second = loaded.notes
    assert "404: Unable to find the data extension by its key" in first
    assert "Retrieve of SentEvent answered Error: API Permission Failed." in second


def test_events_come_window_by_window_and_go_on_after_a_whole_one(account: Account) -> None:
    account.objects["OpenEvent"] = [event(60 * n, f"k-{n}") for n in range(48)]
    place = Place(account, objects=["OpenEvent"], options={"window_hours": 6})
    end = 14

    def fail(failing: Account) -> None:
        if len(failing.asked) == end:
            failing.refusals = [(500, {}, "")] * 3

    account.meanwhile = fail
    first = place.load()
    assert 0 < first.new < 48
    assert "500" in first.notes[0]
    account.meanwhile = lambda _: None
    second = place.load()
    assert (first.new + second.new, second.rows < 48) == (48, True)
    account.objects["OpenEvent"].append(
        event((place.now - BEGUN).total_seconds() / 60 - 30, "late")
    )
    assert place.load().new == 1
    assert min(place.payloads.items())[1]["eventdate"].startswith("2026-06-28T06:00:00")


def test_who_only_looks_asks_for_all_days_at_once(account: Account) -> None:
    account.objects["OpenEvent"] = [event(1)]
    instance = SourceInstance.model_validate(declared(account, objects=["OpenEvent"]))
    opening = Opening("it", instance, Path(), now=NOW, is_look=True)
    found = SOURCES.get("sfmc").find(opening)
    (seen,) = [batch.rows for each in found.walks["OpenEvent"] for batch in each.batches()]
    found.close()
    assert (len(seen), len(account.asked)) == (1, 1)


def test_pages_of_soap_are_read_to_the_end(account: Account) -> None:
    account.objects["ClickEvent"] = [
        event(n / 60, URL=f"https://example.org/?a={n}&b=<{n}>", URLID=n) for n in range(25)
    ]
    place = Place(account, objects=["ClickEvent"], options={"page_size": 4})
    assert (place.load().new, place.load().new) == (25, 0)
    assert "https://example.org/?a=7&b=<7>" in {row["url"] for row in place.payloads.values()}
    assert sum("ContinueRequest" in each for each in account.asked) == 6


def test_subscribers_are_read_whole_once_a_day_and_compared(account: Account) -> None:
    account.objects["Subscriber"] = [subscriber(f"k-{n}") for n in range(5)]
    place = Place(account, objects=["Subscriber"], options={"compare_days": 0})
    assert place.load().new == 5
    account.objects["Subscriber"][0] |= {"Status": "Unsubscribed", "UnsubscribedDate": at(5)}
    assert place.load().new == 0
    place.now += timedelta(days=1, minutes=-20)  # a daily run that begins early for once
    del account.objects["Subscriber"][4]
    account.objects["Subscriber"][3]["Status"] = "Deleted"
    assert (place.load().new, place.gone) == (3, ["k-3", "k-4"])
    assert place.payloads["k-0"]["unsubscribeddate"] == "2026-06-28T06:05:00.000"


def test_members_of_lists_are_asked_for_by_their_change(account: Account) -> None:
    there = [
        {"ListID": 31, "SubscriberKey": f"k-{n}", "Status": "Active", "ModifiedDate": at(n)}
        for n in range(5)
    ]
    account.objects["ListSubscriber"] = there
    place = Place(account, objects=["ListSubscriber"])
    assert (place.load().rows, place.load().rows) == (5, 0)
    there[1] |= {"Status": "Unsubscribed", "ModifiedDate": place.now}
    assert place.load().new == 1
    assert place.payloads["31|k-1"]["status"] == "Unsubscribed"


def test_more_properties_are_asked_for_and_kept(account: Account) -> None:
    account.objects["BounceEvent"] = [event(1, SMTPCode=550) | {"Client.ID": 77}]
    place = Place(
        account, objects=["BounceEvent"], options={"properties": {"BounceEvent": ["Client.ID"]}}
    )
    place.load()
    (row,) = place.payloads.values()
    assert (row["client"], row["smtpcode"]) == ({"id": "77"}, "550")


def test_what_a_row_of_soap_has_several_times_is_a_list(account: Account) -> None:
    said = [{"Name": "Tier", "Value": "gold"}, {"Name": "City", "Value": "Caen"}]
    account.objects["Subscriber"] = [
        subscriber("k-1", Attributes=said),
        subscriber("k-2", Attributes=said[:1]),
    ]
    options = {"properties": {"Subscriber": ["Attributes"]}}
    place = Place(account, objects=["Subscriber"], options=options)
    place.load()
    tier, city = ({name.lower(): text for name, text in each.items()} for each in said)
    found = {key: row["attributes"] for key, row in place.payloads.items()}
    assert found == {"k-1": [tier, city], "k-2": tier}


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"options": {"changed_filter": "{what} gt"}}, "write {field} and {moment}"),
        ({"options": {"properties": {"SentEvent": ["<x>"]}}}, "should match pattern"),
        ({"options": {"page_size": 9999}}, "less than or equal to 2500"),
    ],
)
def test_an_instance_that_cannot_be_is_refused(others: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SourceInstance.model_validate(declared(Account(url="https://x.example"), **others))


def test_a_password_is_no_way_to_prove_oneself(account: Account) -> None:
    auth = {"kind": "basic", "user": {"env": "MC_ID"}, "password": {"env": "MC_SECRET"}}
    with pytest.raises(ConfigError, match="Marketing Cloud takes client_credentials"):
        Place(account, auth=auth).load()


def test_an_hour_that_comes_twice_is_the_first_and_keys_are_of_the_clock(tmp_path: Path) -> None:
    rows = ["SendID;SUBSCRIBERKEY;EventDate;BatchID", "5;k;10/26/2025 2:30:00 AM;1"]
    write(tmp_path, {"Opens-7.txt": "\n".join(rows)})
    everything = read(tmp_path, "sfmc", time_zone="Europe/Berlin")
    assert everything.ids == ["open|5|1|k|2025-10-26T02:30:00"]
    assert everything.changed == [datetime(2025, 10, 26, 0, 30)]  # noqa: DTZ001 - UTC, as landed


def test_who_leaves_several_lists_at_once_leaves_each_by_soap_and_in_extracts(
    account: Account, tmp_path: Path
) -> None:
    account.objects["UnsubEvent"] = [
        event(1, IsMasterUnsubscribed="false") | {"List.ID": number} for number in (31, 32)
    ]
    place = Place(account, objects=["UnsubEvent"])
    place.load()
    rows = [f"5501,k-1,6/28/2026 6:01:00 AM,1,{number}" for number in (31, 32)]
    header = "SendID,SubscriberKey,EventDate,BatchID,ListID"
    write(tmp_path, {"Unsubs.csv": "\n".join([header, *rows])})
    extracted = read(tmp_path, "sfmc").ids
    when = "unsub|5501|1|k-1|2026-06-28T06:01:00"
    assert list(place.versions) == extracted == [f"{when}|31", f"{when}|32"]


def test_an_event_without_who_or_when_is_rejected(tmp_path: Path) -> None:
    write(tmp_path, {"Sent.csv": "SendID,SubscriberKey,EventDate\n1,k,soon\n1,,1/2/2026\n"})
    everything = read(tmp_path, "sfmc")
    assert everything.refused == [("Sent.csv:2", "missing_id"), ("Sent.csv:3", "missing_id")]
