"""From the event log into bronze and on: exactly once, and what the spec means for profiles."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from builders import opened, workspace
from cdp import pipeline
from cdp.collect import rows, spec
from cdp.collect.arrival import Arrival, Taken
from cdp.ingest import arrived
from cdp.settings import Settings, Workspace
from cdp.sources.wire.sent import SentObject
from cdp.stage import Report
from cdp.store.eventlog import EventLog
from cdp.store.eventlog_segment import FOLDER, segments

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
RULES: dict[str, object] = {
    "cdp.yaml": {"name": "shop", "country": "US", "as_of": "2026-07-01"},
    "survivorship.yaml": {"default": ["recency"]},
    "sources/web.yaml": {"type": "events", "trust_tier": "observed"},
    "sources/till.yaml": {
        "type": "import",
        "options": {"objects": {"customers": {"id": "no", "deleted": "gone"}}},
    },
    "mappings/till.yaml": {
        "objects": {
            "customers": {
                "parties": [
                    {
                        "type": {"const": "person"},
                        "attributes": {"given_name": "first", "family_name": "last"},
                        "identifiers": [{"kind": "email", "value": "email"}],
                    }
                ]
            }
        }
    },
}
ORDER = {
    "order_id": "o-1",
    "checkout_id": "c-1",
    "total": 30,
    "currency": "USD",
    "products": [
        {"sku": "P-1", "name": "Lamp", "price": 10, "quantity": 2},
        {"product_id": "P-2", "name": "Mat", "price": 10},
    ],
}
EVENTS: list[dict[str, Any]] = [
    {"type": "page", "anonymousId": "a-1", "properties": {"url": "https://shop.example/"}},
    {
        "type": "identify",
        "anonymousId": "a-1",
        "userId": "u-1",
        "traits": {
            "email": "ada@example.org",
            "firstName": "Ada",
            "lastName": "Quint",
            "email_opt_in": True,
        },
    },
    {
        "type": "identify",
        "userId": "u-2",
        "context": {"traits": {"email": "bo@example.org", "first_name": "Bo"}},
    },
    {"type": "group", "userId": "u-1", "groupId": "g-1", "traits": {"name": "Quint Ltd"}},
    {"type": "alias", "userId": "u-1", "previousId": "a-0"},
    {"type": "screen", "anonymousId": "a-0", "name": "Basket"},
    {
        "type": "track",
        "userId": "u-1",
        "event": "Checkout Started",
        "properties": {"checkout_id": "c-1", "value": 30, "currency": "USD"},
    },
    {"type": "track", "userId": "u-1", "event": "Order Completed", "properties": ORDER},
    {
        "type": "track",
        "userId": "u-1",
        "event": "Order Refunded",
        "properties": {"order_id": "o-1"},
    },
]


class Shop:
    """A workspace that events are sent to."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.place: Workspace = workspace(folder, RULES)
        self._settings = settings
        self._runs = 0
        self._requests = 0

    def send(self, *events: dict[str, Any], sent: datetime = AT, at: datetime = AT) -> None:
        body = {"batch": list(events), "sentAt": sent.isoformat()}
        self._keep(spec.batch(self._arrival("web", at), json.dumps(body).encode()))

    def put(self, *given: dict[str, Any]) -> None:
        kind = rows.Kind(
            "customers", SentObject(id="no", changed_at=None, deleted="gone").shape, UTC
        )
        self._keep(
            rows.taken(self._arrival("till", AT), kind, [json.dumps(g).encode() for g in given])
        )

    def run(self, to_stage: str | None = None, now: datetime = AT) -> Report:
        self._runs += 1
        result = pipeline.run(
            self.place,
            self._settings,
            lambda: now + timedelta(minutes=self._runs),
            pipeline.Request(to_stage=to_stage),
        )
        report = result.stages[0].report
        assert report is not None
        return report

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with opened(self.place.root) as warehouse:
            return warehouse.query(sql).rows()

    def _arrival(self, source: str, at: datetime) -> Arrival:
        self._requests += 1
        return Arrival(source, at + timedelta(seconds=self._requests - 1), f"r-{self._requests}")

    def _keep(self, taken: Any) -> None:
        log = EventLog.open(self.place.home)
        log.append(taken.entries).result()
        log.close()


@pytest.fixture
def shop(tmp_path: Path, settings: Settings) -> Shop:
    return Shop(tmp_path, settings)


def test_events_become_bronze_once_however_often_they_are_sent(shop: Shop) -> None:
    late = AT - timedelta(days=2)
    event = {"type": "track", "messageId": "m-1", "userId": "u", "event": "e"}
    shop.send(event | {"timestamp": (late - timedelta(seconds=9)).isoformat()}, sent=late)
    shop.send(event | {"timestamp": late.isoformat()}, {"type": "track"}, sent=late)
    first = shop.run("ingest")
    assert {
        name: first.counts[name] for name in ("rows_new", "rows_repeated", "rows_rejected")
    } == {
        "rows_new": 1,
        "rows_repeated": 1,
        "rows_rejected": 1,
    }
    assert shop.run("ingest").counts["rows_in"] == 0
    shop.send(event)
    again = shop.run("ingest")
    assert (again.counts["rows_new"], again.counts["rows_repeated"]) == (0, 1)
    ((native_id, changed_at, received_at, locator, payload),) = shop.rows(
        "select native_id, changed_at, received_at, locator, payload::varchar from bronze.record"
    )
    assert (native_id, received_at) == ("m-1", AT.replace(tzinfo=None))
    assert changed_at == (AT - timedelta(seconds=9)).replace(tzinfo=None)
    assert locator.startswith("r-1#0 ")
    kept = json.loads(payload)
    assert kept["timestamp"] == "2026-06-01T11:59:51.000000Z"
    assert kept["originalTimestamp"] == (late - timedelta(seconds=9)).isoformat()
    assert kept["sentAt"] == late.isoformat()
    assert shop.rows("select source, object, reason, original from bronze.rejected") == [
        ("web", "events", "missing_event", '{"type": "track"}')
    ]


def test_rows_become_versions_and_the_last_one_counts(shop: Shop) -> None:
    person = {"no": 1, "first": "Ada", "last": "Quint", "email": "ada@example.org"}
    shop.put(person, person | {"last": "Lovelace"}, {"no": 2, "first": "Bo", "last": "Ek"})
    shop.put({"no": 2, "gone": True}, person)
    report = shop.run("canonical")
    assert report.counts["rows_new"] == 5
    found = shop.rows(
        "select record_id, value from silver.attribute where attribute = 'family_name'"
    )
    assert found == [("till:1", "Quint")]


def test_more_than_one_round_is_landed_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrived, "_ROUND", 3)
    events = [
        {"type": "track", "messageId": f"m-{n % 8}", "userId": "u", "event": "e"} for n in range(10)
    ]
    shop.send(*events[:5])
    shop.put({"no": 1, "first": "Ada"})
    shop.send(*events[5:])
    report = shop.run("ingest")
    assert (report.counts["rows_new"], report.counts["rows_repeated"]) == (9, 2)
    assert shop.run("ingest").counts["rows_in"] == 0


def test_a_run_that_fails_lands_nothing_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.send({"type": "track", "messageId": "m-1", "userId": "u", "event": "e"})
    with monkeypatch.context() as patched:
        patched.setattr(arrived, "Ledger", _failing)
        with pytest.raises(RuntimeError, match="power"):
            shop.run("ingest")
    assert shop.rows("select * from bronze.record") == []
    assert shop.run("ingest").counts["rows_new"] == 1


@pytest.mark.long
def test_segments_are_removed_a_day_after_every_kept_generation_has_them(shop: Shop) -> None:
    shop.send(*EVENTS)
    shop.run()
    folder = shop.place.home / FOLDER
    assert len(segments(folder)) == 1
    shop.run("ingest", AT + timedelta(hours=23))
    assert len(segments(folder)) == 1
    shop.run("ingest", AT + timedelta(hours=25))
    assert len(segments(folder)) == 0
    assert shop.rows("select * from bronze.cursor where position_of like 'log:%'") == []
    assert shop.run("ingest").counts["rows_in"] == 0


def test_damage_is_said_in_the_run(shop: Shop) -> None:
    shop.send({"type": "track", "messageId": "m-1", "userId": "u", "event": "e"})
    (path,) = (shop.place.home / FOLDER).glob("*.log")
    path.write_bytes(path.read_bytes() + b"rubbish")
    live = path.with_name("20260601T120000000000-dead.live")
    live.write_bytes(path.read_bytes())
    notes = shop.run("ingest").notes
    assert any("20260601T120000000000-dead" in note and "set aside" in note for note in notes)
    assert any(f"{path.stem} is damaged" in note for note in notes)


@pytest.mark.long
def test_the_spec_becomes_profiles_with_their_history(shop: Shop) -> None:
    times = [(AT + timedelta(seconds=n - 60)).isoformat() for n in range(len(EVENTS))]
    shop.send(*(event | {"timestamp": at} for event, at in zip(EVENTS, times, strict=True)))
    shop.run()
    profiles = shop.rows(
        "select profile_type, full_name, email from gold.profile order by full_name nulls last"
    )
    assert profiles == [
        ("person", "Ada Quint", "ada@example.org"),
        ("person", "Bo", "bo@example.org"),
    ]
    timeline = shop.rows(
        "select i.type from gold.interaction as i join gold.profile as p using (profile_id) "
        "where p.given_name = 'Ada' order by i.type"
    )
    assert [kind for (kind,) in timeline] == [
        "checkout_started",
        "order_completed",
        "order_refunded",
        "page_viewed",
        "screen_viewed",
    ]
    assert shop.rows(
        "select o.status, o.amount::varchar, o.currency from gold.order as o "
        "join gold.profile as p using (profile_id) where p.given_name = 'Ada'"
    ) == [("returned", "30.00", "USD")]
    assert shop.rows(
        "select product_id, quantity::integer, amount::varchar from gold.order_line order by 1"
    ) == [("web:P-1", 2, "20.00"), ("web:P-2", 1, "10.00")]
    assert shop.rows("select status, amount::varchar from gold.cart") == [("recovered", "30.00")]
    assert shop.rows("select name from gold.account") == [("Quint Ltd",)]
    assert shop.rows("select channel, state, contact_value from silver.consent") == [
        ("email", "granted", "ada@example.org")
    ]
    assert shop.rows("select reason, field, message from silver.quarantine") == []


def _failing(_: object) -> None:
    msg = "the power is gone"
    raise RuntimeError(msg)


def test_what_no_run_can_read_is_kept_as_rejected_and_stops_nothing(shop: Shop) -> None:
    event = '{"type":"track","userId":"u","event":"e","messageId":"%s","properties":{"a":%s}}'
    odd = [event % (f"m-{n}", value) for n, value in enumerate(("1e999", "-1e400"))]
    names = event % ("m-9", '{"*":1,"":2,"b":{"":{"*":3}}}')
    body = f'{{"batch":[{",".join([*odd, names])}]}}'
    shop._keep(spec.batch(shop._arrival("web", AT), body.encode()))
    bad = structs.replace(
        spec.one(shop._arrival("web", AT), "track", names.encode()).entries[0],
        id="m-10",
        payload=msgspec.Raw(b'{"userId":"u","event":"e","properties":{"a":"\xff"}}'),
    )
    shop._keep(Taken([bad], []))
    report = shop.run()
    assert (report.counts["rows_new"], report.counts["rows_rejected"]) == (1, 3)
    assert {reason for (reason,) in shop.rows("select reason from bronze.rejected")} == {
        "broken_json"
    }
    assert shop.rows("select interaction_id from gold.interaction") == [("web:m-9",)]


def test_users_that_stand_for_nobody_make_nobody_one(shop: Shop) -> None:
    for device in ("a-1", "a-2"):
        shop.send({"type": "page", "anonymousId": device, "userId": "undefined"})
        shop.send(
            {"type": "alias", "userId": f"u-{device}", "previousId": "null", "anonymousId": device}
        )
    shop.run()
    found = shop.rows("select profile_type, record_count from gold.profile")
    assert found == [("person", 2), ("person", 2)]
