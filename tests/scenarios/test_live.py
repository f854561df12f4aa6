"""Live blocks: asked for while somebody waits, mapped as loaded ones, or a marked gap."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import workspace
from cdp.errors import ConfigError, UnknownNameError
from cdp.scenarios.live import Lines
from cdp.scenarios.on_demand import keys_of, load
from published import NOW
from simulators.order_desk import Desk, open_desk

MAPPING = """
objects:
  A_SalesOrder:
    strip_zeros: true
    orders:
      - party: {path: SoldToParty, strip_zeros: true}
        ordered_at: CreationDate
        status: {path: State, map: {A: open, C: completed}, default: open}
        channel: {const: sales}
        currency: TransactionCurrency
        amount: TotalNetAmount
"""
SOURCE: dict[str, object] = {"type": "sap_s4", "trust_tier": "master_data"}
BLOCK: dict[str, object] = {
    "title": "Orders now",
    "source": "erp",
    "object": "A_SalesOrder",
    "key_field": "SoldToParty",
    "table": "order",
    "columns": ["order_id", "ordered_at", "status", "amount"],
    "order": "ordered_at",
    "pad": 4,
    "timeout": 0.3,
    "failures": 2,
    "cache": 30,
}


def row(number: int, customer: str, state: str = "A") -> dict[str, Any]:
    return {
        "SalesOrder": f"00{number}",
        "SoldToParty": customer,
        "CreationDate": f"/Date({1767225600000 + number * 86_400_000})/",
        "State": state,
        "TransactionCurrency": "EUR",
        "TotalNetAmount": "12.50",
    }


@pytest.fixture
def desk() -> Iterator[Desk]:
    rows = [row(1, "0017"), row(2, "0017", "C"), row(3, "0018")]
    with open_desk(Desk(rows)) as served:
        yield served


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def files(desk: Desk, **block: object) -> dict[str, object]:
    return {
        "sources/erp.yaml": SOURCE | {"url": f"{desk.url}/sap"},
        "mappings/erp.yaml": MAPPING,
        "live/orders.yaml": BLOCK | block,
    }


Found = dict[str, Any]


async def asked(lines: Lines, *keys: tuple[str, ...]) -> list[Found]:
    try:
        return [await lines.block("orders", key) for key in keys]
    finally:
        await lines.close()


def made(folder: Path, desk: Desk, clock: Clock | None = None, **block: object) -> Lines:
    return Lines(load(workspace(folder, files(desk, **block))), "DE", clock or Clock())


def test_rows_come_as_the_mapping_reads_them_latest_first(tmp_path: Path, desk: Desk) -> None:
    found = asyncio.run(asked(made(tmp_path, desk), ("0017",), ("0019",), ()))
    assert found[0] == {
        "title": "Orders now",
        "trust": "fact",
        "limit": 10,
        "source": "erp",
        "status": "ok",
        "fetched_at": "2026-07-01T06:00:00Z",
        "rows": [
            {
                "order_id": "erp:2",
                "ordered_at": "2026-01-03T00:00:00Z",
                "status": "completed",
                "amount": 12.5,
            },
            {
                "order_id": "erp:1",
                "ordered_at": "2026-01-02T00:00:00Z",
                "status": "open",
                "amount": 12.5,
            },
        ],
    }
    assert (found[1]["status"], found[1]["rows"]) == ("ok", [])
    assert (found[2]["status"], found[2]["rows"]) == ("no_key", [])
    assert desk.asked == ["SoldToParty eq '0017'", "SoldToParty eq '0019'"]


def test_an_answer_is_given_again_for_a_while(tmp_path: Path, desk: Desk) -> None:
    clock = Clock()
    lines = made(tmp_path, desk, clock)

    async def twice_and_later() -> list[Found]:
        both = await asyncio.gather(*(lines.block("orders", ("0018",)) for _ in range(3)))
        clock.now += timedelta(seconds=29)
        both.append(await lines.block("orders", ("0018",)))
        assert len(desk.asked) == 1
        clock.now += timedelta(seconds=2)
        both.append(await lines.block("orders", ("0018",)))
        await lines.close()
        return both

    found = asyncio.run(twice_and_later())
    assert len(desk.asked) == 2
    assert [one["fetched_at"][-9:] for one in found] == ["06:00:00Z"] * 4 + ["06:00:31Z"]
    assert all(len(one["rows"]) == 1 for one in found)


def gap(found: Found) -> tuple[str, str, str]:
    assert (found["status"], found["rows"]) == ("unavailable", [])
    return found["gap"]["status"], found["gap"]["since"], found["gap"]["reason"]


def test_a_system_that_fails_is_a_marked_gap_then_left_alone_then_back(
    tmp_path: Path, desk: Desk
) -> None:
    desk.status = 503
    clock = Clock()
    lines = made(tmp_path, desk, clock, rest=3600)

    async def course() -> list[Found]:
        found = []
        for _ in range(4):
            found.append(await lines.block("orders", ("0017",)))
            clock.now += timedelta(seconds=60)
        desk.status = 200
        lines._lines["erp"].breaker.half_open()
        found.append(await lines.block("orders", ("0017",)))
        await lines.close()
        return found

    *failed, back = asyncio.run(course())
    since = "2026-07-01T06:00:00Z"
    assert [gap(one)[:2] for one in failed] == [("unavailable", since)] * 4
    assert gap(failed[0])[2] == "erp: it answered 503"
    assert gap(failed[3])[2] == "erp failed several times and is left alone for a while"
    assert len(desk.asked) == 3
    assert (back["status"], len(back["rows"])) == ("ok", 2)


def test_a_system_that_hangs_keeps_nobody_longer_than_said(tmp_path: Path, desk: Desk) -> None:
    desk.hangs = True
    found = asyncio.run(asked(made(tmp_path, desk), ("0017",)))
    assert gap(found[0])[2] == "erp did not answer within 0.3 s"


def test_more_than_an_instance_bears_is_not_asked(tmp_path: Path, desk: Desk) -> None:
    desk.hangs = True
    lines = made(tmp_path, desk, at_once=1, failures=100)

    async def crowd() -> list[Found]:
        keys = [(f"{n:04}",) for n in range(4)]
        found = await asyncio.gather(*(lines.block("orders", key) for key in keys))
        await lines.close()
        return list(found)

    reasons = {gap(one)[2] for one in asyncio.run(crowd())}
    assert "erp: so much is asked of it already that it was not asked" in reasons
    assert len(desk.asked) < 4


ANSWERS = ["no json", '{"d": {"x": 1}, "e"', '{"value": []}']


@pytest.mark.parametrize("garbage", ANSWERS)
def test_what_cannot_be_read_is_a_gap(tmp_path: Path, desk: Desk, garbage: str) -> None:
    desk.garbage = garbage
    found = asyncio.run(asked(made(tmp_path, desk), ("0017",)))
    assert gap(found[0])[2] == "erp answered something that cannot be read"


def test_a_system_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    found = asyncio.run(asked(made(tmp_path, Desk(url="http://127.0.0.1:9")), ("0017",)))
    assert gap(found[0])[2] == "erp cannot be reached"


def test_the_budget_of_the_instance_is_kept(tmp_path: Path, desk: Desk) -> None:
    told = files(desk)
    source = SOURCE | {"url": f"{desk.url}/sap", "limits": {"requests_per_minute": 1}}
    lines = Lines(load(workspace(tmp_path, told | {"sources/erp.yaml": source})), "DE", Clock())
    found = asyncio.run(asked(lines, ("0017",), ("0018",)))
    assert found[0]["status"] == "ok"
    assert "used up" in gap(found[1])[2]
    assert len(desk.asked) == 1


def test_a_quote_in_a_key_stays_in_the_key(tmp_path: Path, desk: Desk) -> None:
    desk.rows.append(row(4, "O'Hara"))
    found = asyncio.run(asked(made(tmp_path, desk), ("O'Hara",)))
    assert [one["order_id"] for one in found[0]["rows"]] == ["erp:4"]


def test_keys_are_those_of_the_party_in_the_instance(tmp_path: Path, desk: Desk) -> None:
    by_source = load(workspace(tmp_path, files(desk)))["orders"]
    sources = [{"source": s, "native_id": n} for s, n in (("erp", "17"), ("crm", "5"))]
    identifiers = [{"kind": "email", "value": "a@example.org"}]
    assert keys_of(by_source, sources, identifiers) == ("0017",)
    by_email = load(workspace(tmp_path, files(desk, key="email", pad=0)))["orders"]
    assert keys_of(by_email, sources, identifiers) == ("a@example.org",)


WRONG: list[tuple[dict[str, object], str]] = [
    ({"source": "sap"}, "there is no source sap; there are: erp"),
    ({"object": "A_Order"}, "no mapping of erp reads A_Order; it reads: A_SalesOrder"),
    ({"columns": ["ammount"]}, "order has no column ammount; perhaps amount"),
    ({"order": "xyz"}, "order has no column xyz; there are: order_id"),
    ({"table": "shoe"}, "table"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_what_cannot_be_asked_is_said(
    tmp_path: Path, wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load(workspace(tmp_path, files(Desk(url="http://127.0.0.1:9"), **wrong)))


OTHERS: list[tuple[dict[str, object], str]] = [
    ({"type": "sap_s4", "path": "erp"}, "has no url:, so that nothing can be asked"),
    ({"type": "rest", "url": "http://127.0.0.1:9"}, "cannot be asked on demand|does not validate"),
]


@pytest.mark.parametrize(("source", "message"), OTHERS)
def test_only_systems_with_an_address_that_speak_odata_are_asked(
    tmp_path: Path, source: dict[str, object], message: str
) -> None:
    told = files(Desk(url="http://127.0.0.1:9")) | {"sources/erp.yaml": source}
    with pytest.raises(ConfigError, match=message):
        load(workspace(tmp_path, told))


def test_an_unknown_block_names_the_known(tmp_path: Path) -> None:
    lines = made(tmp_path, Desk(url="http://127.0.0.1:9"))
    with pytest.raises(UnknownNameError, match="unknown live block 'x'; known: orders"):
        lines.of("x")
