"""From Marketing Cloud to golden records, by the mapping that the type comes with."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import opened, workspace
from cdp import pipeline
from cdp.settings import Settings, Workspace
from published import NOW
from sfmc_place import BEGUN, Row, at, declared, event, subscriber
from simulators.sfmc import ZONE, Account, Extension, serving
from source_files import Files, write

RULES: dict[str, object] = {
    "cdp.yaml": {"name": "mail", "country": "DE", "as_of": "2026-07-01"},
    "survivorship.yaml": {"default": ["recency"]},
}
EXTENSIONS = {
    "Customers": {"external_key": "A77-B1", "changed": "Modified"},
    "Orders": {"keys": ["OrderID"]},
}
MAPPING = {
    "extends": "sfmc",
    "objects": {
        "Customers": {
            "parties": [
                {
                    "type": {"const": "person"},
                    "id": "subscriberkey",
                    "merge": True,
                    "changed": "modified",
                    "attributes": {"given_name": "firstname", "family_name": "lastname"},
                    "identifiers": [{"kind": "email", "value": "email"}],
                    "consents": [
                        {
                            "contact_kind": {"const": "email"},
                            "contact": "email",
                            "channel": {"const": "email"},
                            "category": {"const": "newsletter"},
                            "when": {"field": "optin", "filled": True},
                            "state": {
                                "path": "optin",
                                "map": {"True": "granted", "False": "denied"},
                            },
                            "given_at": "optindate",
                            "provable": {
                                "path": "optinlevel",
                                "map": {"double": True},
                                "otherwise": False,
                            },
                            "proof": {"const": "double opt-in"},
                        }
                    ],
                }
            ]
        },
        "Orders": {
            "orders": [
                {
                    "party": "subscriberkey",
                    "ordered_at": "ordered",
                    "status": {"const": "completed"},
                    "channel": {"const": "shop"},
                    "currency": {"const": "EUR"},
                    "amount": "total",
                }
            ]
        },
    },
}
NORA: Row = {
    "SubscriberKey": "cdp-417",
    "Email": "nora@example.org",
    "FirstName": "Nora",
    "LastName": "Quint",
    "OptIn": "True",
    "OptInDate": at(-500),
    "OptInLevel": "double",
    "Tier": "gold",
    "Modified": at(1),
}


@dataclass
class Hub:
    """A workspace that reads an account."""

    place: Workspace
    settings: Settings
    runs: int = 0

    def run(self, to_stage: str = "golden") -> None:
        self.runs += 1
        asked = pipeline.Request(to_stage=to_stage)
        pipeline.run(self.place, self.settings, lambda: NOW + timedelta(minutes=self.runs), asked)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with opened(self.place.root) as warehouse:
            return warehouse.query(sql).rows()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("MC_ID", "client")
    monkeypatch.setenv("MC_SECRET", "mc-secret")
    order = {"OrderID": "1", "SubscriberKey": "cdp-417", "Ordered": at(3), "Total": "61.50"}
    account = Account(
        {"A77-B1": Extension(("SubscriberKey",), [NORA]), "Orders": Extension((), [order])}
    )
    link = {"URL": "https://example.org/p/110", "URLID": 77}
    account.objects = {
        "Subscriber": [
            subscriber("cdp-417", EmailAddress="nora@example.org"),
            subscriber("gus", "Unsubscribed", UnsubscribedDate=at(40)),
            subscriber("held", "Held"),
        ],
        "ListSubscriber": [
            {
                "ListID": 31,
                "SubscriberKey": "cdp-417",
                "Status": "Unsubscribed",
                "ModifiedDate": at(9),
            }
        ],
        "SentEvent": [event(1, "cdp-417"), event(1, "gus")],
        "OpenEvent": [event(2, "cdp-417")],
        "ClickEvent": [event(3, "cdp-417") | link],
        "BounceEvent": [event(2, "held", BounceCategory="Hard bounce", SMTPCode=550)],
        "UnsubEvent": [
            # of everything, but by a message to a list, which the extract tells as well
            event(40, "gus", IsMasterUnsubscribed="true") | {"List.ID": 31},
            event(9, "cdp-417", IsMasterUnsubscribed="false") | {"List.ID": 31},
        ],
        "NotSentEvent": [],
    }
    with serving(account) as running:
        yield running


HEADER = "Client ID\tSendID\tSubscriber Key\tEmailAddress\tListID\tEventDate\tEventType\tBatchID"


def extract(minute: float, who: str, *more: str) -> str:
    """Return a line of a tracking extract."""
    local = (BEGUN + timedelta(minutes=minute)).astimezone(ZONE)
    when = f"{local.month}/{local.day}/{local.year} {local.hour % 12 or 12}:{local:%M:%S %p}"
    return "\t".join(["1", "5501", who, f'"{who}@example.org"', "31", when, "x", "1", *more])


INTERACTIONS = "select record_id, type, occurred_at, campaign, subject from silver.interaction"


def test_an_account_gets_to_gold(account: Account, tmp_path: Path, settings: Settings) -> None:
    source = declared(account, region="EU", options={"data_extensions": EXTENSIONS})
    files = {**RULES, "sources/mail.yaml": source, "mappings/mail.yaml": MAPPING}
    hub = Hub(workspace(tmp_path, files), settings)
    hub.run()
    told = "full_name, email, record_count, status"
    assert hub.rows(f"select {told} from gold.profile order by 2") == [  # noqa: S608 - of this test
        (None, "gus@example.org", 1, "active"),
        (None, "held@example.org", 1, "active"),
        ("Nora Quint", "nora@example.org", 1, "active"),
    ]
    assert hub.rows(
        "select contact_value, category, state, given_at, provable from silver.consent "
        "order by 1, 2, 4, 5"
    ) == [
        ("gus@example.org", "any", "denied", at(40).replace(tzinfo=None), False),
        ("nora@example.org", "any", "granted", at(-900).replace(tzinfo=None), False),
        ("nora@example.org", "newsletter", "granted", at(-500).replace(tzinfo=None), True),
        (None, "any", "denied", at(40).replace(tzinfo=None), True),
        (None, "list 31", "denied", at(9).replace(tzinfo=None), False),
        (None, "list 31", "denied", at(9).replace(tzinfo=None), True),
    ]
    nora = "record_id = 'mail:cdp-417'"
    assert hub.rows(f"{INTERACTIONS} where {nora} order by 3, 2") == [
        (*("mail:cdp-417", "email_sent"), datetime(2026, 6, 28, 12, 1), "5501", None),  # noqa: DTZ001
        (*("mail:cdp-417", "email_opened"), datetime(2026, 6, 28, 12, 2), "5501", None),  # noqa: DTZ001
        (
            *("mail:cdp-417", "email_clicked", datetime(2026, 6, 28, 12, 3)),  # noqa: DTZ001
            *("5501", "https://example.org/p/110"),
        ),
        (*("mail:cdp-417", "email_unsubscribed"), datetime(2026, 6, 28, 12, 9), "5501", None),  # noqa: DTZ001
    ]
    bounced = "select type from silver.interaction where record_id = 'mail:held'"
    assert hub.rows(bounced) == [("email_hard_bounced",)]
    assert hub.rows("select record_id, amount::varchar from gold.order") == [
        ("mail:cdp-417", "61.50")
    ]
    ((custom,),) = hub.rows("select custom::varchar from gold.profile where full_name is not null")
    assert json.loads(custom)["mail"]["tier"] == "gold"
    assert hub.rows("select native_id from quality.quarantined") == []


def test_a_refusal_without_a_date_is_of_the_moment_it_was_seen(
    tmp_path: Path, settings: Settings
) -> None:
    """And not of that of the creation, which any opt-in would be later than."""
    header = "SubscriberKey,Email,OptIn,OptInDate,OptInLevel"
    rows = {
        "Subscribers.csv": "SubscriberKey,EmailAddress,Status,DateCreated,DateUnsubscribed\n"
        "gus,gus@example.org,Unsubscribed,5/1/2026 3:00:00 AM,\n",
        "ListSubscribers.csv": "ListID,SubscriberKey,Status,CreatedDate,ModifiedDate\n"
        "31,gus,Unsubscribed,5/1/2026 3:00:00 AM,\n",
        "Customers.csv": f"{header}\ngus,gus@example.org,True,6/20/2026 3:00:00 AM,double\n",
    }
    write(tmp_path / "data" / "mail", rows)
    options = {"data_extensions": {"Customers": {"keys": ["SubscriberKey"]}}}
    source = {"type": "sfmc", "path": "mail", "region": "EU", "options": options}
    files = {**RULES, "sources/mail.yaml": source, "mappings/mail.yaml": MAPPING}
    hub = Hub(workspace(tmp_path, files), settings)
    hub.run()
    assert hub.rows(
        "select category, state, given_at > '2026-06-30' from silver.consent order by 1"
    ) == [
        ("any", "denied", True),
        ("list 31", "denied", True),
        ("newsletter", "granted", False),
    ]
    assert hub.rows("select distinct category, state from gold.consent order by 1") == [
        ("any", "denied"),
        ("list 31", "denied"),
        ("newsletter", "denied"),
    ]
    assert hub.rows("select native_id from quality.quarantined") == []


def exported_files() -> Files:
    """Return a tracking extract, and exports of subscribers and of a data extension."""
    packed = io.BytesIO()
    sent = "\n".join([HEADER, extract(1, "cdp-417"), extract(1, "cdp-417"), extract(1, "gus")])
    clicked = [f"{HEADER}\tURL", extract(3, "cdp-417", '"https://example.org/p/110"')]
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("out/Sent.csv", sent.encode("utf-16"))
        archive.writestr("out/Clicks.csv", "\n".join(clicked).encode("utf-16"))
        archive.writestr("out/Unsubs.csv", "\n".join([HEADER, extract(40, "gus")]))
        archive.writestr("out/SendJobs.csv", "SendID\n5501\n")
    subscribers = "SubscriberKey|EmailAddress|Status|DateCreated\ncdp-417|nora@example.org|Active|"
    customers = "SubscriberKey,Email,FirstName,LastName\ncdp-417,nora@example.org,Nora,Quint\n"
    return {
        "tracking-1.zip": packed.getvalue(),
        "Subscribers.csv": f"{subscribers}6/27/2026 3:00:00 AM\n",
        "customers.csv": customers,
    }


def test_extracts_and_exports_give_the_same_records_as_the_account(
    account: Account, tmp_path: Path, settings: Settings
) -> None:
    """In an archive, in UTF-16, with tabs and quotes and columns in another case."""
    write(tmp_path / "data" / "mail", exported_files())
    extensions = {"Customers": {"keys": ["SubscriberKey"], "changed": "Modified"}}
    options = {"data_extensions": extensions}
    source = {"type": "sfmc", "path": "mail", "region": "EU", "options": options}
    files = {**RULES, "sources/mail.yaml": source, "mappings/mail.yaml": MAPPING}
    hub = Hub(workspace(tmp_path, files), settings)
    hub.run("canonical")
    asked = f"{INTERACTIONS} where type in ('email_sent', 'email_clicked') order by 1, 2, 3"
    exported = hub.rows(asked)
    assert len(exported) == 3
    assert ("gus@example.org", "denied", at(40).replace(tzinfo=None)) in hub.rows(
        "select contact_value, state, given_at from silver.consent"
    )
    keys = "select object, native_id from bronze.record where object like '%Event' group by all"
    held = set(hub.rows(keys))
    live = declared(account, region="EU", options={"data_extensions": EXTENSIONS})
    workspace(tmp_path, {**files, "sources/mail.yaml": live})
    hub.run("canonical")
    assert hub.rows(asked) == exported
    fresh = sorted(name for name, _ in set(hub.rows(keys)) - held)
    assert fresh == ["BounceEvent", "OpenEvent", "UnsubEvent"]  # of those that no extract had
    names = "select value from silver.attribute where attribute = 'family_name'"
    assert len(hub.rows(names)) == 1
