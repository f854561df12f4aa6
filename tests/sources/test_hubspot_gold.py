"""From an account of HubSpot to golden records, by the mapping that the type comes with."""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from builders import opened, workspace
from cdp import pipeline
from cdp.canonical.check import Known, unknown
from cdp.canonical.chosen import choose
from cdp.canonical.fit import unfit
from cdp.collect.arrival import Arrival, Taken
from cdp.collect.receivers import Receivers
from cdp.collect.webhook import SignatureError
from cdp.settings import Settings, Workspace
from cdp.sources import INSTANCES, SOURCES, Opening
from cdp.sources.remote.schema import types_of
from cdp.store.eventlog import EventLog
from hubspot_place import person
from published import NOW
from simulators.hubspot import serving
from simulators.hubspot_account import Account

RULES: dict[str, object] = {
    "cdp.yaml": {"name": "hub", "country": "FR", "as_of": "2026-07-01"},
    "survivorship.yaml": {"default": ["recency"]},
}
SAID = "2025-01-05T09:00:00.000Z"


PAID = {"hs_currency_code": "EUR", "hs_total_price": "34.00", "hs_payment_status": "Paid"}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-secret")
    account = Account()
    people(account)
    companies_and_deals(account)
    shop(account)
    with serving(account) as running:
        yield running


def people(account: Account) -> None:
    account.custom["contacts"] = {"tier": "enumeration"}
    home = {"address": "4B Quai du Hâvre", "zip": "76000", "city": "Rouen", "country": "FR"}
    flags = {"hs_emailconfirmationstatus": "Confirmed", "hs_email_optout": "false"}
    nora = person(7, email="Nora@example.org", lastname="Quint", tier="gold", **home, **flags)
    account.put("contacts", 7, **nora, lifecyclestage="customer", mobilephone="+33600000417")
    account.put("contacts", 8, **person(8, hs_email_optout="true"))
    told = {"channel": "EMAIL", "source": "FORM", "subscriberIdString": "nora@example.org"}
    granted = {"status": "SUBSCRIBED", "legalBasis": "CONSENT_WITH_NOTICE", "timestamp": SAID}
    granted |= {"legalBasisExplanation": "form at the till"}
    denied = {"status": "UNSUBSCRIBED", "timestamp": "2026-01-01T00:00:00Z"}
    account.statuses["nora@example.org"] = [
        {"subscriptionId": 11, "subscriptionName": "Newsletter", **granted, **told},
        {"subscriptionId": 12, "subscriptionName": "Calls", **denied, **told},
        {"subscriptionId": 13, "subscriptionName": "Events", "status": "NOT_SPECIFIED", **told},
    ]


def companies_and_deals(account: Account) -> None:
    account.put("companies", 7, name="Maes", domain="maes.example")  # the ID of a contact, too
    account.put("companies", 9, name="Maes Rouen", hs_parent_company_id="7")
    account.associate("contacts", 7, "companies", 9, "Primary")
    deal = {"dealname": "Lamps", "amount": "500.00", "deal_currency_code": "EUR"}
    won = {"hs_is_closed_won": "true", "hs_is_closed": "true", "hs_deal_stage_probability": "1.0"}
    account.put("deals", 1, **deal, **won, dealstage="closedwon", closedate=SAID, createdate=SAID)
    account.put("deals", 2, **deal, dealstage="qualified", createdate=SAID)
    account.associate("deals", 1, "contacts", 7)
    account.associate("deals", 2, "companies", 9)
    account.put("tickets", 1, subject="Broken", hs_ticket_priority="HIGH", createdate=SAID)
    account.associate("tickets", 1, "contacts", 7)


def shop(account: Account) -> None:
    lamp = {"hs_sku": "P-1", "name": "Lamp", "quantity": "3", "price": "10.00", "amount": "30.00"}
    account.put("line_items", 1, **lamp)
    account.put("line_items", 2, name="Mat", hs_product_id="5", quantity="1", price="4.00")
    account.put("order", 1, **PAID, hs_external_created_date=SAID, hs_external_order_id="R-1")
    account.put("order", 2, **PAID, hs_cancelled_date=SAID, hs_createdate=SAID)
    account.put("cart", 1, hs_currency_code="EUR", hs_total_price="30.00", hs_createdate=SAID)
    for type_, number in (("order", 1), ("order", 2), ("cart", 1)):
        account.associate(type_, number, "contacts", 7)
        account.associate(type_, number, "line_items", 1)
    account.associate("order", 1, "line_items", 2)
    account.put("products", 5, name="Mat", price="4.00")


PERSONS = "select record_id from silver.record where object = 'contacts' order by record_id"
ADDRESS = "https://cdp.example/v1/webhooks/hub"
SECRET = "hush"  # noqa: S105 - of an app that is none


def signed(body: str, secret: str = SECRET, at: datetime = NOW) -> dict[bytes, bytes]:
    """Return the headers of a message, as HubSpot documents its third way of signing."""
    sent = str(round(at.timestamp() * 1_000))
    text = f"POST{ADDRESS}{body}{sent}".encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), text, "sha256"))
    return {b"x-hubspot-signature-v3": signature, b"x-hubspot-request-timestamp": sent.encode()}


def event(what: str, record: int | None, **others: Any) -> dict[str, Any]:
    told = {"subscriptionType": what, "occurredAt": round(NOW.timestamp() * 1_000), **others}
    return told if record is None else told | {"objectId": record}


@dataclass
class Hub:
    """A workspace that reads the account."""

    place: Workspace
    settings: Settings
    runs: int = 0

    def run(self, to_stage: str = "canonical") -> None:
        self.runs += 1
        asked = pipeline.Request(to_stage=to_stage)
        pipeline.run(self.place, self.settings, lambda: NOW + timedelta(minutes=self.runs), asked)

    def hear(self, *events: dict[str, Any]) -> Taken:
        """Take a message as the server does, signed as HubSpot signs."""
        body = json.dumps([{"portalId": 1, "appId": 2, "eventId": 3} | each for each in events])
        hook = Receivers(self.place).hook("hub")
        hook.check(signed(body), body.encode(), NOW)
        taken = hook.taken(Arrival("hub", NOW, f"r-{self.runs}"), {}, body.encode())
        log = EventLog.open(self.place.home)
        log.append(taken.entries).result()
        log.close()
        return taken

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with opened(self.place.root) as warehouse:
            return warehouse.query(sql).rows()


@pytest.fixture
def hub(
    account: Account, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Hub:
    monkeypatch.setenv("HUBSPOT_SECRET", SECRET)
    auth = {"kind": "bearer", "token": {"env": "HUBSPOT_TOKEN"}}
    hooks = {"address": ADDRESS, "secrets": [{"env": "HUBSPOT_SECRET"}]}
    options = {"searches_per_second": 1_000, "archive_days": None, "webhooks": hooks}
    source = {"type": "hubspot", "url": account.url, "auth": auth, "options": options}
    return Hub(workspace(tmp_path, {**RULES, "sources/hub.yaml": source}), settings)


def test_an_account_gets_to_gold_by_the_standard_mapping(hub: Hub) -> None:
    hub.run("golden")
    check_people(hub)
    check_what_they_did(hub)
    assert hub.rows("select count(*) from silver.quarantine") == [(0,)]


def check_people(hub: Hub) -> None:
    told = hub.rows("select custom::varchar from gold.profile where family_name = 'Quint'")
    assert json.loads(told[0][0]) == {"hub": {"tier": "gold"}}
    said = datetime.fromisoformat("2025-01-05T09:00:00")
    then = datetime.fromisoformat("2026-01-01T00:00:00")
    nora, proof = "nora@example.org", "CONSENT_WITH_NOTICE: form at the till"
    assert hub.rows(
        "select contact_value, category, state, given_at, provable, proof from silver.consent "
        "order by contact_value, category"
    ) == [
        ("c8@example.org", "any", "denied", then, False, None),
        (nora, "Calls", "denied", then, False, None),
        (nora, "Newsletter", "granted", said, False, proof),  # confirmed, and who knows for what
    ]
    assert hub.rows(
        "select record_id, other_record_id, kind from silver.relationship order by record_id"
    ) == [
        ("hub:7", "hub:company-9", "contact_of"),
        ("hub:company-9", "hub:company-7", "subsidiary_of"),
    ]


def check_what_they_did(hub: Hub) -> None:
    assert hub.rows("select order_id, status, amount, reference from gold.order order by 1") == [
        ("hub:1", "completed", Decimal("34.00"), "R-1"),
        ("hub:2", "cancelled", Decimal("34.00"), None),
    ]
    assert hub.rows(
        "select product_id, quantity, amount from gold.order_line where order_id = 'hub:1' "
        "order by product_id"
    ) == [("hub:5", Decimal(1), Decimal(4)), ("hub:P-1", Decimal(3), Decimal(30))]
    assert hub.rows("select status, amount, record_id from gold.cart") == [
        ("open", Decimal(30), "hub:7")
    ]
    assert hub.rows(
        "select opportunity_id, status, amount, probability, record_id from silver.opportunity "
        "order by opportunity_id"
    ) == [
        ("hub:1", "won", Decimal(500), Decimal(100), "hub:7"),
        ("hub:2", "open", Decimal(500), None, "hub:company-9"),
    ]
    assert hub.rows("select status, priority, subject, record_id from silver.ticket") == [
        ("open", "HIGH", "Broken", "hub:7")
    ]
    assert hub.rows("select product_id, price from silver.product") == [("hub:5", Decimal(4))]


def test_who_was_merged_is_one_person_known_by_either_key(hub: Hub, account: Account) -> None:
    hub.run("ingest")
    account.now += timedelta(hours=1)
    key = account.merge("contacts", 7, 8)
    hub.run()
    assert hub.rows(PERSONS) == [(f"hub:{key}",)]
    known = "select value from silver.identifier where kind = 'source' and value ~ 'hub:[0-9]'"
    assert sorted(hub.rows(known)) == [("hub:7",), ("hub:8",), (f"hub:{key}",)]


def test_companies_that_were_merged_are_one_known_by_either_key(hub: Hub, account: Account) -> None:
    hub.run("ingest")
    account.now += timedelta(hours=1)
    key = account.merge("companies", 7, 9)
    hub.run()
    companies = "select record_id from silver.record where object = 'companies'"
    assert hub.rows(companies) == [(f"hub:company-{key}",)]
    known = "select value from silver.identifier where kind = 'source' and value ~ 'company'"
    of = [("hub:company-7",), ("hub:company-9",), (f"hub:company-{key}",)]
    assert sorted(hub.rows(known)) == of


def test_the_standard_mapping_reads_what_the_account_has(hub: Hub) -> None:
    instance = hub.place.many(INSTANCES)["hub"]
    there = SOURCES.get("hubspot").fields(Opening("hub", instance, Path()))
    known = {
        name: Known(fields, True, "it lacks", types_of(fields), True)
        for name, fields in there.items()
    }
    mapping = choose(hub.place, "hub").mapping
    assert [each.says for each in (*unknown(mapping, known), *unfit(mapping, known))] == []
    assert known.keys() == mapping.objects.keys()


def test_messages_tell_at_once_of_what_is_gone(hub: Hub) -> None:
    hub.run("ingest")
    heard = hub.hear(
        event("contact.deletion", 8),
        event("contact.privacyDeletion", 8),
        event("object.deletion", 7, objectTypeId="0-2"),  # a company with the ID of a contact
        event("order.deletion", 1),
    )
    assert (heard.accepted, heard.refusals) == (4, [])
    hub.run()
    assert hub.rows(PERSONS) == [("hub:7",)]
    assert hub.rows("select record_id from silver.record where object = 'companies'") == [
        ("hub:company-9",)
    ]
    assert hub.rows("select order_id from silver.order") == [("hub:2",)]


def test_a_merge_that_is_told_leaves_one_person_and_reads_who_came_of_it(
    hub: Hub, account: Account
) -> None:
    hub.run("ingest")
    account.lag = timedelta(days=9)  # the search does not show it yet
    key = int(account.merge("contacts", 7, 8))
    said = {"primaryObjectId": 7, "mergedObjectIds": [8], "newObjectId": key}
    assert hub.hear(event("contact.merge", key, **said)).accepted == 3
    hub.run("ingest")
    hub.run()
    assert hub.rows(PERSONS) == [(f"hub:{key}",)]


def test_what_a_message_tells_of_is_read_anew_and_nothing_of_it_is_kept(
    hub: Hub, account: Account
) -> None:
    hub.run("ingest")
    account.associate("contacts", 8, "companies", 7)
    told = {"fromObjectId": 8, "toObjectId": 7, "associationType": "CONTACT_TO_COMPANY"}
    value = {"propertyName": "lastname", "propertyValue": "private"}
    hub.hear(
        event("contact.associationChange", None, **told),
        event("contact.propertyChange", 8, **value),
    )
    hub.run()
    assert hub.rows("select count(*) from silver.quarantine") == [(0,)]
    hub.run("ingest")
    hub.run("ingest")
    linked = "select payload from bronze.record where object = 'contacts' and native_id = '8'"
    payloads = [json.loads(each) for (each,) in hub.rows(f"{linked} order by seq")]
    ends = [each["associations"]["companies"] for each in payloads]
    assert ends == [[], [{"id": "7", "labels": []}]]
    assert sum("objects/2026-03/contacts/batch/read" in each for each in account.asked) == 1
    assert hub.rows("select 1 from bronze.record where payload::varchar like '%private%'") == []


def test_events_that_are_none_are_kept_as_refused(hub: Hub) -> None:
    heard = hub.hear(event("ticket.unheard", 1), event("contact.deletion", 8), {"x": 1})
    assert [each.code for each in heard.refusals] == ["unknown_topic", "unknown_topic"]
    assert [each.index for each in heard.refusals] == [0, 2]
    assert hub.hear(event("contact.creation", 1) | {"occurredAt": "x"}).refusals[0].code == (
        "unexpected_payload"
    )


def test_signatures_that_do_not_hold_are_refused(hub: Hub) -> None:
    hook = Receivers(hub.place).hook("hub")
    hook.check(signed("[]"), b"[]", NOW)
    for headers in (signed("[1]"), signed("[]", "other"), {b"x-hubspot-signature": b"v1"}):
        with pytest.raises(SignatureError):
            hook.check(headers, b"[]", NOW)
    with pytest.raises(SignatureError, match="X-HubSpot-Request-Timestamp says no moment within"):
        hook.check(signed("[]", at=NOW - timedelta(minutes=6)), b"[]", NOW)
