"""From an account of HubSpot to golden records, by the mapping that the type comes with."""

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
from cdp.settings import Settings, Workspace
from cdp.sources import INSTANCES, SOURCES, Opening
from cdp.sources.remote.schema import types_of
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

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with opened(self.place.root) as warehouse:
            return warehouse.query(sql).rows()


@pytest.fixture
def hub(account: Account, tmp_path: Path, settings: Settings) -> Hub:
    auth = {"kind": "bearer", "token": {"env": "HUBSPOT_TOKEN"}}
    options = {"searches_per_second": 1_000}
    source = {"type": "hubspot", "url": account.url, "auth": auth, "options": options}
    return Hub(workspace(tmp_path, {**RULES, "sources/hub.yaml": source}), settings)


def test_people_get_to_gold_by_the_standard_mapping(hub: Hub) -> None:
    hub.run("golden")
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
        (nora, "Newsletter", "granted", said, True, proof),
    ]
    assert hub.rows(
        "select record_id, other_record_id, kind from silver.relationship order by record_id"
    ) == [
        ("hub:7", "hub:company-9", "contact_of"),
        ("hub:company-9", "hub:company-7", "subsidiary_of"),
    ]
    assert hub.rows("select count(*) from silver.quarantine") == [(0,)]


def test_what_people_did_gets_to_gold_by_the_standard_mapping(hub: Hub) -> None:
    hub.run("golden")
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


def test_who_was_merged_is_one_profile(hub: Hub, account: Account) -> None:
    hub.run("golden")
    before = hub.rows("select count(*) from gold.profile")
    account.now += timedelta(hours=1)
    key = account.merge("contacts", 7, 8)
    hub.run("golden")
    assert (before, hub.rows("select count(*) from gold.profile")) == ([(2,)], [(1,)])
    people = "select record_id from silver.record where object = 'contacts'"
    assert hub.rows(people) == [(f"hub:{key}",)]


def test_the_standard_mapping_reads_what_the_account_has(hub: Hub) -> None:
    instance = hub.place.many(INSTANCES)["hub"]
    there = SOURCES.get("hubspot").fields(Opening("hub", instance, Path()))
    known = {
        name: Known(fields, True, "it lacks", types_of(fields), True)
        for name, fields in there.items()
    }
    mapping = choose(hub.place, "hub").mapping
    assert [each.says for each in (*unknown(mapping, known), *unfit(mapping, known))] == []
    assert known.keys() == mapping.objects.keys() - {"changes"}
