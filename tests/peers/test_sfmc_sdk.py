"""The simulated business unit of Marketing Cloud, asked by a client that its developers use."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sfmc_place import event, people, subscriber
from simulators.cap import node
from simulators.sfmc import Account, serving

SCRIPT = Path(__file__).parent / "sfmc_sdk" / "ask.mjs"
ROWSET = "/data/v1/customobjectdata/key/People/rowset"


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account({"People": people(7)})
    account.objects["Subscriber"] = [subscriber(f"k-{n}") for n in range(5)]
    account.objects["OpenEvent"] = [event(60 * n) for n in range(5)]
    with serving(account) as running:
        yield running


def asked(account: Account, *calls: Any, name: str = "client") -> list[Any]:
    ran = subprocess.run(
        [node(), SCRIPT, account.url],
        input=json.dumps({"name": name, "secret": account.client[1], "calls": calls}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    found: list[Any] = json.loads(ran.stdout)
    return found


def test_it_pages_through_rows_and_filters_them(account: Account) -> None:
    changed = f"{ROWSET}?$filter=Modified gt '2026-06-28T06:05:00'&$orderBy=Modified desc"
    everything, some = asked(account, ["rest", "getBulk", ROWSET, 3], ["rest", "get", changed])
    assert [item["keys"]["subscriberkey"] for item in everything["items"]] == [
        f"k-{n}" for n in range(1, 8)
    ]
    assert [item["values"]["firstname"] for item in some["items"]] == ["N7", "N6"]
    assert account.granted[0]["account_id"] == 510000123


def test_it_retrieves_page_after_page_and_between_moments(account: Account) -> None:
    account.most = 2
    window = {
        "leftOperand": {
            "leftOperand": "EventDate",
            "operator": "greaterThanOrEqual",
            "rightOperand": "2026-06-28T13:00:00Z",
        },
        "operator": "AND",
        "rightOperand": {
            "leftOperand": "EventDate",
            "operator": "lessThan",
            "rightOperand": "2026-06-28T15:00:00Z",
        },
    }
    names, dates = ["SubscriberKey", "Status"], ["EventDate"]
    everybody, opened = asked(
        account,
        ["soap", "retrieveBulk", "Subscriber", names],
        ["soap", "retrieve", "OpenEvent", dates, {"filter": window}],
    )
    found = [(row["SubscriberKey"], row["Status"]) for row in everybody["Results"]]
    assert found == [(f"k-{n}", "Active") for n in range(5)]
    assert [row["EventDate"] for row in opened["Results"]] == [
        "2026-06-28T07:00:00.000",
        "2026-06-28T08:00:00.000",
    ]


def test_it_renews_a_token_that_is_over_and_reads_what_is_refused(account: Account) -> None:
    account.token_uses = 1
    rows, opened, unknown, nowhere = asked(
        account,
        ["rest", "get", ROWSET],
        ["soap", "retrieve", "OpenEvent", ["SendID"]],
        ["soap", "retrieve", "Shoe", ["ID"]],
        ["rest", "get", ROWSET.replace("People", "Nobody")],
    )
    assert (rows["count"], len(opened["Results"]), len(account.granted)) == (7, 5, 4)
    assert unknown["error"] == "Unable to find a handler for object type: Shoe."
    assert nowhere == {"error": "Unable to find the data extension by its key", "code": 10006}
    (refused,) = asked(account, ["rest", "get", ROWSET], name="nobody")
    assert refused["code"] == "invalid_client"
