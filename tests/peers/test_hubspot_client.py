"""The simulated account, asked by the client that HubSpot itself publishes for Python."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cdp.collect.webhook import Hook, SignatureError
from cdp.sources.remote.hubspot.options import HubSpotOptions
from hubspot_place import person
from simulators.hubspot import serving
from simulators.hubspot_account import Account

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "hubspot" / "ask.py"
PEOPLE = 130
ADDRESS = "https://cdp.example/v1/webhooks/hub"


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account()
    for number in range(1, PEOPLE + 1):
        account.put("contacts", number, **person(number))
    account.put("companies", 3, name="Maes")
    account.associate("contacts", 7, "companies", 3, "Primary")
    with serving(account) as running:
        yield running


def asked(account: Account, what: str, /, **arguments: Any) -> Any:
    python = ROOT / ".peers" / "bin" / "python"
    command = [str(python), str(SCRIPT), account.url, account.token]
    said = json.dumps({"what": what, "with": arguments})
    ran = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def names(rows: list[Any]) -> list[str]:
    return [each["properties"]["lastname"] for each in rows]


def test_it_pages_through_the_list(account: Account) -> None:
    page = asked(account, "list", limit=100, properties=["lastname"], archived=False)
    assert (len(page["results"]), page["paging"]["next"]["after"]) == (100, "100")
    everybody = asked(account, "all", properties=["lastname"])
    assert names(everybody) == [f"N{number}" for number in range(1, PEOPLE + 1)]


def test_it_searches_and_reads_and_is_told_properties(account: Account) -> None:
    behind = {"propertyName": "hs_object_id", "operator": "GT", "value": "125"}
    order = {"propertyName": "hs_object_id", "direction": "DESCENDING"}
    body = {
        "filterGroups": [{"filters": [behind]}],
        "sorts": [order],
        "properties": ["lastname"],
        "limit": 2,
    }
    found = asked(account, "search", public_object_search_request=body)
    assert (found["total"], names(found["results"])) == (5, ["N130", "N129"])
    assert found["paging"]["next"]["after"] == "2"
    wanted = {"inputs": [{"id": "7"}, {"id": "8"}], "properties": ["lastname"]}
    wanted["propertiesWithHistory"] = []
    read = asked(account, "read", batch_read_input_simple_public_object_id=wanted)
    assert (read["status"], names(read["results"])) == ("COMPLETE", ["N7", "N8"])


def test_it_is_told_what_a_contact_is_associated_with(account: Account) -> None:
    wanted = {"inputs": [{"id": "7"}]}
    found = asked(
        account,
        "associations",
        from_object_type="contacts",
        to_object_type="companies",
        batch_input_public_fetch_associations_batch_request=wanted,
    )
    (end,) = found["results"][0]["to"]
    assert (end["to_object_id"], end["association_types"][0]["label"]) == ("3", "Primary")


def test_it_is_told_what_is_refused(account: Account) -> None:
    told = {"status": "error", "errorType": "RATE_LIMIT", "policyName": "DAILY"}
    account.refusals = [(429, {"content-type": "application/json"}, json.dumps(told))]
    assert asked(account, "list", limit=10) == {"status": 429, "body": told}
    assert asked(account, "list", limit=101)["status"] == 400
    account.forbidden = {"contacts"}
    lacking = asked(account, "list", limit=10)
    assert (lacking["status"], lacking["body"]["category"]) == (403, "MISSING_SCOPES")


def test_what_it_signs_is_taken_and_nothing_else(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_SECRET", "hush-hush")
    now = datetime(2026, 7, 1, tzinfo=UTC)
    body = '[{"eventId": 1, "subscriptionType": "contact.deletion", "name": "Nōra"}]'
    sent = str(round(now.timestamp() * 1_000))
    signature = asked(
        account,
        "signature",
        client_secret="hush-hush",  # noqa: S106 - of an app that is none
        request_body=body,
        signature_version="v3",
        http_uri=ADDRESS,
        http_method="POST",
        timestamp=sent,
    )
    hooks = {"address": ADDRESS, "secrets": [{"env": "HUBSPOT_SECRET"}]}
    options = HubSpotOptions.model_validate({"webhooks": hooks}).hook
    assert options is not None
    hook = Hook("hub", options, None)
    headers = {
        b"x-hubspot-signature-v3": signature.encode(),
        b"x-hubspot-request-timestamp": sent.encode(),
    }
    hook.check(headers, body.encode(), now)
    with pytest.raises(SignatureError):
        hook.check(headers, body.encode() + b" ", now)
