"""The change events of the simulated org, heard by a CometD client that nobody here wrote."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulators.salesforce import serving
from simulators.salesforce_org import Org

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "cometd" / "listen.py"


@pytest.fixture
def org() -> Iterator[Org]:
    org = Org(emits={"Contact"})
    org.has("Contact", "003", LastName="string")
    for number in range(1, 151):
        org.add("Contact", LastName=f"N{number}")
    with serving(org) as running:
        yield running


@contextmanager
def listening(org: Org, count: int, place: str) -> Iterator[Iterator[str]]:
    """Yield what the client says from the moment on when it listens."""
    python = ROOT / ".peers" / "bin" / "python"
    asked = [str(python), str(SCRIPT), org.url, org.token(), str(count), place]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        begun = ran.stdout.readline()
        assert begun == "listening\n", ran.stderr.read()
        yield iter(ran.stdout.readline, "")


def heard(org: Org, count: int, place: str) -> list[dict[str, Any]]:
    with listening(org, count, place) as lines:
        return [json.loads(line) for line in lines]


def places(events: list[dict[str, Any]]) -> list[int]:
    return [event["event"]["replayId"] for event in events]


def test_all_that_is_kept_comes_once_and_in_order(org: Org) -> None:
    events = heard(org, 150, "all")
    assert places(events) == list(range(1, 151))
    header = events[6]["payload"]["ChangeEventHeader"]
    assert (header["entityName"], header["changeType"]) == ("Contact", "CREATE")
    assert header["recordIds"] == [list(org.tables["Contact"].rows)[6]]


def test_it_goes_on_after_a_replay_id(org: Org) -> None:
    assert places(heard(org, 2, "148")) == [149, 150]


def test_a_place_that_is_kept_no_more_is_refused_as_the_client_knows_it(org: Org) -> None:
    """Having been refused with 400, the client falls back on all that is kept."""
    org.oldest = 101
    assert places(heard(org, 50, "7")) == list(range(101, 151))


def test_what_happens_while_it_listens_is_told(org: Org) -> None:
    key = next(iter(org.tables["Contact"].rows))
    with listening(org, 2, "new") as lines:
        org.change("Contact", key, LastName="Changed")
        org.delete("Contact", key)
        events = [json.loads(line) for line in lines]
    assert [e["payload"]["ChangeEventHeader"]["changeType"] for e in events] == ["UPDATE", "DELETE"]
    assert events[0]["payload"]["LastName"] == "Changed"
