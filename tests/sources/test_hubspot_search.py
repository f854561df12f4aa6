"""Searches for what changed, whatever changed when: nothing is lost, and they come to an end."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cdp.sources.remote.hubspot.api import Api, Property, Rows
from cdp.sources.remote.hubspot.objects import OBJECTS, shape_of
from cdp.sources.remote.hubspot.options import HubSpotOptions
from cdp.sources.remote.hubspot.paged import Pages
from cdp.sources.remote.hubspot.whole import Whole
from cdp.sources.wire.delivery import Task
from simulators.hubspot_account import Account

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


class Searched:
    """An account that is searched without a network, in which no second page may be asked for."""

    def __init__(self, account: Account) -> None:
        self.account, self.searches = account, 0

    def searched(self, type_: str, body: dict[str, Any]) -> Rows:
        self.searches += 1
        status, told = self.account.searched(type_, body)
        assert (status, "after" in body) == (200, False)
        return msgspec.convert(told, Rows)


@given(times=st.lists(st.integers(0, 6), max_size=30), size=st.integers(1, 4))
def test_every_change_since_a_moment_is_found(times: list[int], size: int) -> None:
    account = Account(most_found=size)
    for number, time in enumerate(times, 1):
        account.now = BEGUN + timedelta(milliseconds=time)
        account.put("products", number)
    account.now = BEGUN + timedelta(hours=1)
    searched = Searched(account)
    api = cast("Api", searched)
    options = HubSpotOptions.model_validate({"page_size": size})
    known = OBJECTS["products"].known([Property("hs_lastmodifieddate", is_own=True)], ())
    task = Task(shape_of("products"), options, UTC)
    pages = Pages(api, known, options, task, Whole(api, None, False), is_look=True)
    since = BEGUN + timedelta(milliseconds=2)
    found = [b.rows for p in pages.changed(since) for b in p.batches]
    keys = {key for rows in found for key in rows["native_id"]}
    assert keys == {str(number) for number, time in enumerate(times, 1) if time >= 2}
    assert searched.searches <= 2 * len(times) + 8
