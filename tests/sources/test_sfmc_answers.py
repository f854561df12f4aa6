"""Answers of Marketing Cloud that are not what was asked for: none of them loses a record."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sfmc_place import Place, at, event, people
from simulators.sfmc import Account, Extension, serving
from source_files import read, write

ROWS = 12
DATED = {"People": {"changed": "Modified"}}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("MC_ID", "client")
    monkeypatch.setenv("MC_SECRET", "mc-secret")
    with serving(Account({"People": people(ROWS)})) as running:
        yield running


def reading(account: Account, **others: object) -> Place:
    options = {"data_extensions": DATED, "page_size": 4, "overlap_minutes": 0}
    return Place(account, objects=["People"], options=options, **others)


@pytest.mark.parametrize("blank", ["", " "])
def test_blanks_in_names_tell_nothing_apart_by_rest_and_in_files(
    account: Account, tmp_path: Path, blank: str
) -> None:
    known = {"keys": [f"Client{blank}ID"], "changed": "Last Seen"}
    options = {"data_extensions": {"Clients": known}}
    account.extensions["Clients"] = Extension((), [{"Client ID": "7", "Last Seen": at(1)}])
    place = Place(account, objects=["Clients"], options=options)
    assert (place.load().new, place.load().new) == (1, 0)
    assert place.payloads == {"7": {"clientid": "7", "lastseen": "6/28/2026 6:01:00 AM"}}
    for number, header in enumerate(("Client ID,Last Seen", "ClientID,LASTSEEN")):
        write(tmp_path, {f"clients-{number}.csv": f"{header}\n7,6/28/2026 6:01:00 AM\n"})
    exported = read(tmp_path, "sfmc", options=options)
    assert exported.ids == ["7", "7"]
    assert [json.loads(each) for each in exported.payloads] == [place.payloads["7"]] * 2


def test_names_that_differ_by_a_blank_alone_are_both_kept(account: Account) -> None:
    account.extensions["Odd"] = Extension(
        ("Id",), [{"Id": "7", "Shoe Size": "41", "ShoeSize": "7"}]
    )
    place = Place(account, objects=["Odd"])
    place.load()
    assert place.payloads["7"] == {"id": "7", "shoesize": "41", "shoesize#2": "7"}


@pytest.mark.parametrize("size", [4, 2])
def test_rows_in_another_order_are_told_and_are_no_position(account: Account, size: int) -> None:
    rows = account.extensions["People"].rows
    account.orders = False
    rows[0], rows[-1] = rows[-1], rows[0]
    place = reading(account)
    place.source["options"]["page_size"] = size
    (note,) = place.load().notes
    assert "rows came in another order" in note
    assert place.cursors == {}
    account.orders = True
    assert place.load().notes == []
    assert len(place.versions) == ROWS


def test_a_page_that_leads_to_itself_is_not_asked_for_for_ever(account: Account) -> None:
    account.stands = True
    account.objects["OpenEvent"] = [event(n) for n in range(ROWS)]
    place = Place(account, objects=["People", "OpenEvent"], options={"page_size": 4})
    rows, events = place.load().notes
    assert "leads to one that was read already" in rows
    assert "page 1 again when asked for the next one" in events
    assert place.cursors == {("OpenEvent", "changes"): "2026-06-28T00:00:00"}  # none until then


def test_an_hour_that_comes_twice_is_no_disorder(account: Account) -> None:
    """Of an account that orders by moments and tells them by its clock."""
    berlin = ZoneInfo("Europe/Berlin")
    account.clock = berlin
    for number, row in enumerate(account.extensions["People"].rows):
        twice = datetime(2025, 10, 26, 2, 10 * (number % 6), tzinfo=berlin, fold=number // 6)
        row["Modified"] = twice
    place = reading(account, time_zone="Europe/Berlin")
    assert (place.load().notes, len(place.versions)) == ([], ROWS)
