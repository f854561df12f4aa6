"""Answers of Marketing Cloud that are not what was asked for: none of them loses a record."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sfmc_place import Place, event, people
from simulators.sfmc import Account, serving

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
