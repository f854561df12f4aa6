"""What is never kept of B2C Commerce: not of whole records, nor of broken ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from sfcc_place import customer, order
from source_files import Everything, read, write


def rows(everything: Everything) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in everything.payloads]


SECRET = "s3cr3t-h4sh"  # noqa: S105 - of nobody
BROKEN = [
    ("customers.xml", f"<customers><customer><password>{SECRET}"),
    ("customers.xml", f"<customers><customer><password encrypted='true'>{SECRET}</password><b"),
    ("customers.xml", f"<customers><x><password><![CDATA[{SECRET}]]></password></x></customers>"),
    ("customers.xml", f"<customers><x card-number='{SECRET}'/></customers>"),
    ("customers.xml", f"<customers><customer><a>&no;</a><password>{SECRET}</password></customer>"),
    ("customers.xml", f"<other><password>{SECRET}</password></other>"),
    ("customers.json", f'{{"data": [{{"customerNo": "1", "creditCardToken": "{SECRET}'),
    ("customers.json", f'{{"data": [{{"password" : "\\"{SECRET}", "customerNo": "1"}} x'),
    ("customers.json", f'{{"data": [{{"password": "{SECRET}"}}]}}'),
    ("customers.json", f'{{"data": {{"password": "{SECRET}"}}}}'),
    ("customers.json", f'[{{"bankRoutingNumber": "{SECRET}"}}]'),
    ("customers.json", f'[{{"password": {{"a": 1, "b": "{SECRET}"}}}}]'),
    ("customers.json", f'[{{"credit_card_token": "{SECRET}"}}]'),
    ("customers.json", f'[{{"password": "a"{SECRET}"}}]'),
    ("orders.json", f'{{"paymentInstruments": [{{"c_gift": {{"a": 1}}, "c_x": "{SECRET}"'),
    ("orders.json", f'{{"data": [{{"paymentInstruments": [{{"c_pin": "{SECRET}"}}]}}]}}'),
    ("orders.xml", f"<orders><x><payments><payment><a>{SECRET}</a></payment></payments></x>"),
    ("orders.xml", f"<orders><x.y:order><x.y:password>{SECRET}</x.y:password></orders>"),
    ("orders.xml", f"<orders a><password>{SECRET}</password>".encode("utf-16")),
]


@pytest.mark.parametrize(("name", "content"), BROKEN)
def test_what_cannot_be_read_is_kept_without_secrets(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    found = read(write(tmp_path, {name: content}), "sfcc")
    assert found.refused
    assert SECRET not in found.rejected.write_csv().replace("\0", "")


def test_what_cannot_be_read_is_kept_but_for_its_secrets(tmp_path: Path) -> None:
    text = f'[{{"password": "{SECRET}", "email": "a@example.org", "issueNumber": 1}}]'
    found = read(write(tmp_path, {"customers.json": text}), "sfcc")
    kept = '[{"password": ***, "email": "a@example.org", "issueNumber": ***}]'
    assert found.rejected["original"].to_list() == [kept]


def test_payments_are_kept_without_their_numbers_and_custom_attributes(tmp_path: Path) -> None:
    xml = (
        "<orders><order order-no='1'><custom-attributes><custom-attribute attribute-id='a'>1"
        "</custom-attribute></custom-attributes><payments><payment><custom-method><method-name>Pay"
        "</method-name><custom-attributes><custom-attribute attribute-id='token'>"
        f"{SECRET}</custom-attribute></custom-attributes></custom-method></payment></payments>"
        f"</order><order order-no='2' card-number='{SECRET}'/></orders>"
    )
    instrument = {"paymentMethodId": "Pay", "c_token": SECRET, "paymentCard": {"number": SECRET}}
    paid = {**order("3", "7", c_a="1"), "paymentInstruments": [instrument]}
    write(tmp_path, {"orders-1.xml": xml, "orders-2.json": json.dumps({"data": [paid]})})
    found = read(tmp_path, "sfcc")
    first, second, third = rows(found)
    assert (first["c_a"], third["c_a"]) == ("1", "1")
    assert first["payments"] == [{"customMethod": {"methodName": "Pay"}}]
    assert second == {"orderNo": "2"}
    assert third["paymentInstruments"] == [{"paymentMethodId": "Pay", "paymentCard": {}}]


def test_a_row_that_is_nested_deep_is_looked_through(tmp_path: Path) -> None:
    deep = f"{'[' * 900}{{}}{']' * 900}"
    text = f'{{"data": [{{"customerNo": "1", "c_deep": {deep}, "password": "{SECRET}"}}]}}'
    (row,) = read(write(tmp_path, {"customers.json": text}), "sfcc").payloads
    assert SECRET not in row
    assert deep in row


def test_pages_are_kept_without_secrets_as_rows_of_the_api(tmp_path: Path) -> None:
    card = {"creditCardToken": SECRET, "maskedNumber": "*1111"}
    people = [
        customer("1", paymentInstruments=[{"paymentCard": card, "bankRoutingNumber": SECRET}]),
        customer("2"),
    ]
    clean = [
        customer("1", paymentInstruments=[{"paymentCard": {"maskedNumber": "*1111"}}]),
        customer("2"),
    ]
    kept = [
        read(write(tmp_path / n, {"customers.json": json.dumps({"data": each})}), "sfcc").rows
        for n, each in (("with", people), ("without", clean))
    ]
    assert kept[0]["content_hash"].to_list() == kept[1]["content_hash"].to_list()
    assert SECRET not in kept[0].write_csv()
    assert rows(read(tmp_path / "with", "sfcc")) == clean
