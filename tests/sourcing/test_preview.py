"""Source records beside what becomes of them, open and masked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from builders import workspace
from cdp.canonical.chosen import shipped_text
from cdp.canonical.mapping import MappingFile
from cdp.sourcing.masked import masked
from cdp.sourcing.preview import Previewed, preview
from cdp.sourcing.telling import became, came
from cdp.sourcing.tested import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.settings import Workspace

NOW = datetime(2026, 7, 1, tzinfo=UTC)
CONTACT = {
    "ObjectID": "A9",
    "ContactID": "0009",
    "LastName": "Quint",
    "Email": "nora@example.org",
    "AccountID": "1",
    "FunctionCode": "0001",
    "StatusCode": "2",
    "ContactPermissionCode": "1",
    "BusinessAddressCity": "Rouen",
    "ChangedOn": "/Date(1741000000000)/",
    "Tier_KUT": "gold",
    "Notes_KUT": {"text": ["Call Nora", 7], "by": "lea@example.org", "urgent": True},
}
LINK = {"ObjectID": "L1", "ContactID": "0009", "AccountID": "1", "JobTitle": "Buyer"}
BAD = {"ObjectID": "B2", "ContactID": "2", "Email": "not an address", "LastName": "Marenko"}
NOBODY = {"ObjectID": "B3", "ContactID": "3"}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace(
        tmp_path,
        {
            "cdp.yaml": {"name": "test", "country": "DE"},
            "sources/crm.yaml": {"type": "sap_c4c", "path": "crm"},
            "sources/web.yaml": {"type": "segment_events", "path": "web"},
            "sources/till.yaml": {"type": "csv_file", "path": "till"},
            "sources/shop.yaml": {"type": "shopify", "path": "shop"},
        },
    )


def delivers(place: Workspace, name: str, text: str) -> None:
    path = place.data_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def page(*rows: Mapping[str, Any]) -> str:
    return json.dumps({"d": {"results": list(rows)}})


def of(place: Workspace, source: str, rows: int = 10) -> dict[str, Previewed]:
    found = preview(shown(place, source, NOW, rows=rows), place)
    return {one.native_id: one for one in found}


def lines(one: Previewed) -> list[str]:
    return list(became(one))


def test_a_contact_and_all_that_hangs_on_it(place: Workspace) -> None:
    delivers(place, "crm/ContactCollection.json", page(CONTACT, BAD, NOBODY))
    found = of(place, "crm")
    assert lines(found["9"]) == [
        "person crm:9",
        "  status: active",
        "  changed_at: 2025-03-03 11:06:40",
        "  custom Notes_KUT: {'text': ['Call Nora', 7], 'by': 'lea@example.org', 'urgent': True}",
        "  custom Tier_KUT: gold",
        "  address: Rouen",
        "  family_name: Quint",
        "  role: contact",
        "  email: nora@example.org",
        "  consent: email, email, marketing, any, granted, 2025-03-03 11:06:40",
        "  relationship: crm:1, contact_of, 0001",
    ]
    assert lines(found["2"])[-1].startswith("left out email: ")
    assert lines(found["3"])[0].startswith("not accepted: ")
    assert found["9"].record == CONTACT


def test_what_no_rule_shows_is_hidden(place: Workspace) -> None:
    delivers(place, "crm/ContactCollection.json", page(CONTACT))
    found = shown(place, "crm", NOW, rows=1)
    assert found.mapping is not None
    spec = found.mapping.mapping.objects["ContactCollection"]
    (one,) = preview(found, place)
    hidden = masked(one, spec)
    assert hidden.record == {
        **dict.fromkeys(("ObjectID", "ContactID", "LastName", "Tier_KUT"), "***"),
        "FunctionCode": "***",
        "Email": "n***@example.org",
        "AccountID": "1",
        "StatusCode": "2",
        "ContactPermissionCode": "1",
        "BusinessAddressCity": "Rouen",
        "ChangedOn": "/Date(1741000000000)/",
        "Notes_KUT": {"text": ["***", "***"], "by": "l***@example.org", "urgent": True},
    }
    said = "\n".join(lines(hidden))
    assert "family_name: Q." in said
    assert "email: n***@example.org" in said
    everything = json.dumps([hidden.record, lines(hidden)])
    assert not any(secret in everything for secret in ("Quint", "nora@", "lea@", "gold", "Call"))


def test_a_link_belongs_to_the_record_that_names_both_ends(place: Workspace) -> None:
    name = "crm/CorporateAccountHasContactPersonCollection.json"
    other = {"ObjectID": "L2", "ContactID": "8", "AccountID": "1"}
    delivers(place, name, page(LINK, other))
    found = of(place, "crm")
    assert lines(found["L1"])[:3] == [
        "relationship crm:0009",
        "  other_record_id: crm:1",
        "  kind: contact_of",
    ]
    assert [thing.id for thing in found["L2"].becomes] == ["crm:8"]


def test_an_event_is_of_its_own_record_and_a_user_of_the_first_that_names_them(
    place: Workspace,
) -> None:
    event = {"type": "track", "event": "Product Viewed", "timestamp": "2026-03-04T05:06:07Z"}
    rows = [
        event | {"messageId": f"m{n}", "userId": "u-1", "anonymousId": f"anon-{n}"} for n in (1, 2)
    ]
    delivers(place, "web/events.jsonl", "\n".join(json.dumps(row) for row in rows) + "\n")
    found = of(place, "web")
    kinds = {key: sorted(thing.kind for thing in one.becomes) for key, one in found.items()}
    assert kinds["m1"] == ["interaction", "person", "visitor", "visitor_link"]
    assert kinds["m2"] == ["interaction", "visitor", "visitor_link"]


def test_an_order_comes_with_its_lines(place: Workspace) -> None:
    money = {"shopMoney": {"amount": "5.00", "currencyCode": "EUR"}}
    order = {
        "id": "gid://shopify/Order/1",
        "name": "#1",
        "createdAt": "2026-03-04T05:06:07Z",
        "displayFinancialStatus": "PAID",
        "totalPriceSet": money,
        "lineItems": {"nodes": [{"sku": "P", "quantity": 2, "originalTotalSet": money}] * 3},
        "customer": {"id": "gid://shopify/Customer/7", "email": "nora@b.example"},
        "email": "guest@b.example",
    }
    of_guest = {**order, "id": "gid://shopify/Order/2", "customer": None}
    nodes = {"data": {"orders": {"nodes": [order, of_guest], "pageInfo": {}}}}
    delivers(place, "shop/orders.json", json.dumps(nodes))
    one, guest = of(place, "shop").values()
    assert lines(one)[0] == "order shop:1"
    assert any(line.startswith("  order_line: ") and "shop:P" in line for line in lines(one))
    said = list(came(one.record))
    at = said.index("lineItems:")
    assert said[at : at + 3] == ["lineItems:", "  nodes[0]:", "    sku: P"]
    assert "  nodes: 1 more" in said
    spec = MappingFile.model_validate(yaml.safe_load(shipped_text("shopify"))).objects["orders"]
    hidden = masked(one, spec)
    assert hidden.record["totalPriceSet"] == money
    assert hidden.record["lineItems"]["nodes"][0]["sku"] == "***"
    assert hidden.record["customer"] == {
        "id": "gid://shopify/Customer/7",
        "email": "n***@b.example",
    }
    assert masked(guest, spec).becomes[0].values["ref_value"] == "g***@b.example"


def test_without_a_mapping_the_record_stands_alone(place: Workspace) -> None:
    delivers(place, "till/buyer.csv", "id,name\n1,Nora\n")
    (one,) = of(place, "till").values()
    assert (one.record["name"], lines(one)) == ("Nora", ["nothing"])
    assert masked(one, None).record["name"] == "***"


def test_names_with_double_quotes_are_read_and_shown(place: Workspace) -> None:
    own = {
        "objects": {
            "ContactCollection": {
                "parties": [
                    {
                        "type": {"const": "person"},
                        "id": "ContactID",
                        "attributes": {"family_name": r'"Name \"of birth\""'},
                    }
                ]
            }
        }
    }
    (place.root / "mappings").mkdir()
    (place.root / "mappings" / "crm.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    row = {"ObjectID": "A", "ContactID": "5", 'Name "of birth"': "Quint", 'Size 5"': "wide"}
    delivers(place, "crm/ContactCollection.page-0001.json", page(row))
    (one,) = of(place, "crm").values()
    said = "\n".join(lines(one))
    assert "Quint" in said
    assert 'Size 5"' in said
    assert one.left_out == ()
    assert masked(one, None).record['Size 5"'] == "***"
