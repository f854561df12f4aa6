"""XML exports of B2C Commerce: in the words of the API, streamed, broken, hostile."""

import gzip
import json
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import InputError
from cdp.sources.wire import markup
from cdp.sources.wire.delivery import Part
from sfcc_place import HEAD, HOME, customer, customers_xml, line, order, orders_xml
from source_files import Everything, read, write

Row = dict[str, Any]
ORDERS = '<orders xmlns="http://www.demandware.com/xml/impex/order/2006-10-31">'


def rows(everything: Everything) -> list[Row]:
    return [json.loads(payload) for payload in everything.payloads]


def of_orders(folder: Path, *records: str, close: str = "</orders>") -> Everything:
    text = "\n".join([HEAD + ORDERS, *records, close])
    return read(write(folder, {"orders.xml": text}), "sfcc")


def texts(value: Any) -> Any:
    """Return a row as an export has it: texts alone, without what it does not say."""
    if isinstance(value, dict):
        left = {"lastModified", "customerId", "itemId"}
        return {name: texts(each) for name, each in value.items() if name not in left}
    if isinstance(value, list):
        return [texts(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_a_customer_is_the_customer_of_the_api(tmp_path: Path) -> None:
    second = {**HOME, "addressId": "work", "city": "Caen"}
    nora = customer(
        "00004417",
        salutation="Mme",
        birthday="1985-04-10",
        gender=2,
        phoneMobile="+33600000417",
        primaryAddress=HOME,
        addresses=[second],
        c_newsletter=True,
        c_brands=["Lamé & Co", "Zed"],
    )
    write(tmp_path, {"customer_export.xml": customers_xml([nora])})
    everything = read(tmp_path, "sfcc")
    assert (everything.objects, everything.ids) == (("customers",), ["00004417"])
    (row,) = rows(everything)
    for home in (row["primaryAddress"], *row["addresses"]):
        del home["preferred"]
    assert row == texts(nora)


WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
).map(lambda text: f"a{text}z")


@given(st.lists(st.tuples(WORD, WORD, st.booleans(), st.lists(WORD, min_size=1)), max_size=4))
@settings(max_examples=40, deadline=None)
def test_whatever_a_shop_writes_is_the_same_both_ways(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str, bool, list[str]]]
) -> None:
    people = [
        customer(f"{number}", firstName=name, companyName=firm, c_yes=flag, c_many=many)
        for number, (name, firm, flag, many) in enumerate(said)
    ]
    folder = write(tmp_path_factory.mktemp("law"), {"customers.xml": customers_xml(people)})
    everything = read(folder, "sfcc")
    assert everything.refused == []
    assert [{**row, "addresses": None} for row in rows(everything)] == [
        {**texts(row), "addresses": None} for row in people
    ]


def test_an_order_is_the_order_of_the_api(tmp_path: Path) -> None:
    bought = order(
        "0017", "4417", line("P-1", 3, 61.5, -6.0, -0.5), line("P-2", 1, 4.9), c_gift="no"
    )
    (row,) = rows(read(write(tmp_path, {"Order-2026.xml": orders_xml([bought])}), "sfcc"))
    del row["totals"]
    wanted = texts(bought)
    for item in (*row["productItems"], *wanted["productItems"]):
        item["quantity"] = float(item["quantity"])
        item["priceAfterItemDiscount"] = float(item["priceAfterItemDiscount"])
        if not item.get("priceAdjustments"):
            item.pop("priceAdjustments", None)
    assert row == wanted


def test_totals_adjustments_shipments_and_custom_fields_keep_their_place(tmp_path: Path) -> None:
    everything = of_orders(
        tmp_path,
        '<order order-no="1"><taxation>net</taxation>'
        "<source-code><code>spring</code><group-id>mail</group-id></source-code>"
        "<channel-type>Storefront</channel-type>"
        '<shipments><shipment shipment-id="me"><status><shipping-status>SHIPPED</shipping-status>'
        "</status><shipping-method>EXPRESS</shipping-method></shipment></shipments>"
        "<totals><merchandize-total><price-adjustments><price-adjustment>"
        "<net-price>-5</net-price></price-adjustment></price-adjustments></merchandize-total>"
        "<adjusted-shipping-total><net-price>4</net-price><gross-price>5</gross-price>"
        "</adjusted-shipping-total><order-total><tax>3</tax><gross-price>23</gross-price>"
        "</order-total></totals><custom-attributes>"
        '<custom-attribute attribute-id="note" xml:lang="x-default">Hi</custom-attribute>'
        '<custom-attribute attribute-id="note" xml:lang="de">Hallo</custom-attribute>'
        "</custom-attributes></order>",
    )
    (row,) = rows(everything)
    assert row["shipments"] == [
        {"shipmentId": "me", "shippingStatus": "shipped", "shippingMethod": {"id": "EXPRESS"}}
    ]
    assert (row["orderTotal"], row["taxTotal"], row["shippingTotal"]) == ("23", "3", "4")
    assert row["orderPriceAdjustments"] == [{"netPrice": "-5"}]
    assert (row["c_note"], row["c_note@de"]) == ("Hi", "Hallo")
    said = (row["sourceCode"], row["sourceCodeGroupId"], row["channelType"])
    assert said == ("spring", "mail", "storefront")


def test_passwords_cards_and_accounts_are_never_kept(tmp_path: Path) -> None:
    everything = read(write(tmp_path, {"customers.xml": customers_xml([customer("1")])}), "sfcc")
    assert "5ecret-ha5h" not in str(everything.payloads)
    paid = of_orders(
        tmp_path / "orders",
        '<order order-no="1"><payments><payment><credit-card><card-type>Visa</card-type>'
        "<card-number>4111x</card-number><card-token>t0k3n</card-token></credit-card>"
        "<amount>5</amount></payment><payment><bank-transfer>"
        "<account-number>4711x</account-number></bank-transfer></payment></payments></order>",
    )
    (row,) = rows(paid)
    assert row["payments"] == [
        {"creditCard": {"cardType": "Visa"}, "amount": "5"},
        {"bankTransfer": {}},
    ]


def test_what_is_marked_as_deleted_is_gone_and_a_customer_list_is_one_of_customers(
    tmp_path: Path,
) -> None:
    text = customers_xml([customer("1")], "customer-list").replace(
        "</customer-list>", '<customer customer-no="2" mode="delete"/></customer-list>'
    )
    text = text.replace(
        "<customer customer", "<header><description>d</description></header><customer customer", 1
    )
    everything = read(write(tmp_path, {"customer_list.xml": text}), "sfcc")
    assert everything.ids == ["1", "2"]
    assert everything.rows["is_deleted"].to_list() == [None, True]
    assert everything.refused == []


def test_an_export_says_nowhere_when_a_row_changed_a_page_of_the_api_does(tmp_path: Path) -> None:
    everything = read(write(tmp_path, {"customers.xml": customers_xml([customer("1")])}), "sfcc")
    assert everything.changed == [None]
    page = json.dumps({"data": [order("1", "7", line("P", 1, 5.0))], "limit": 1})
    hits = json.dumps({"hits": [{"data": customer("1"), "relevance": 1}], "total": 1})
    write(tmp_path / "pages", {"orders.page-0001.json": page, "customers.page-0001.json": hits})
    pages = read(tmp_path / "pages", "sfcc")
    assert pages.objects == ("customers", "orders")
    assert pages.ids == ["1", "1"]
    assert pages.changed[1] == datetime.fromisoformat("2025-03-03T10:05:00")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ('<order order-no="2"><a></b></order>', "line 4: mismatched tag"),
        ('<order order-no="2"><a>\x0b</a></order>', "line 4: not well-formed (invalid token)"),
        ('<order order-no="2"><a>&nope;</a></order>', "line 4: undefined entity"),
        ('<order order-no="2" order-no="2"><a/></order>', "line 4: duplicate attribute"),
        ('<order order-no="2"><a>\n1</a>', "line 6: <order> begins before the last one has ended"),
        ('<x:order order-no="2"/>', "line 4: unbound prefix"),
    ],
)
def test_a_broken_record_costs_itself_alone(second: str, message: str, tmp_path: Path) -> None:
    good = ['<order order-no="1"/>', '<order order-no="3"/>', '<order order-no="4"/>']
    everything = of_orders(tmp_path, good[0], second, *good[1:])
    assert everything.ids == ["1", "3", "4"]
    ((locator, reason, said, original),) = everything.rejected.iter_rows()
    assert (locator, reason, said) == ("orders.xml#1", "broken_xml", message)
    assert original.strip().startswith(second[:20]) or message.endswith(("token)", "attribute"))
    assert 'order-no="3"' not in original


SOUND = orders_xml([order(f"{n}", "7", line("P", 1, 5.0, -1.0)) for n in range(9)]).encode()


@given(
    st.integers(len(HEAD + ORDERS), len(SOUND)),
    st.text("<>&/\x01 or'\"=!-[]?", max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_what_gets_into_a_file_costs_two_records_at_most_and_none_unseen(
    tmp_path_factory: pytest.TempPathFactory, at: int, put_in: str
) -> None:
    text = SOUND[:at] + put_in.encode() + SOUND[at:]
    folder = write(tmp_path_factory.mktemp("law"), {"orders.xml": text})
    everything = read(folder, "sfcc")
    assert len(everything.rows) >= 9 - 2
    assert len(everything.rows) == 9 or len(everything.rejected) > 0


def test_a_file_that_breaks_off_gives_what_was_whole(tmp_path: Path) -> None:
    everything = of_orders(tmp_path, '<order order-no="1"/>', '<order order-no="2"><a>', close="")
    assert everything.ids == ["1"]
    ((_, reason, said, original),) = everything.rejected.iter_rows()
    assert (reason, said) == ("broken_xml", "line 5: no element found")
    assert original == '<order order-no="2"><a>\n'


def test_prefixes_other_encodings_and_what_is_no_record(tmp_path: Path) -> None:
    text = (
        "<?xml version='1.0' encoding='iso-8859-1'?><x:orders xmlns:x='urn:o'>"
        "<x:order order-no='1'><x:a></x:b></x:order><x:other>é</x:other>"
        "<x:order order-no='2'><x:created-by>Zoé</x:created-by></x:order></x:orders>"
    )
    everything = read(write(tmp_path, {"orders.xml": text.encode("latin-1")}), "sfcc")
    assert [row["createdBy"] for row in rows(everything)] == ["Zoé"]
    assert everything.refused == [("orders.xml#0", "broken_xml")]


@pytest.mark.parametrize(("inside", "ids", "refused"), [("Zoé", ["1", "2"], 0), ("<b></c>", [], 1)])
def test_in_utf_16_what_follows_a_broken_record_is_lost(
    inside: str, ids: list[str], refused: int, tmp_path: Path
) -> None:
    text = f"<order order-no='1'><a>{inside}</a></order><order order-no='2'/>"
    whole = f"<?xml version='1.0' encoding='UTF-16'?><orders>{text}</orders>"
    everything = read(write(tmp_path, {"orders.xml": whole.encode("utf-16")}), "sfcc")
    assert (everything.ids, len(everything.rejected)) == (ids, refused)


def test_compressed_files_are_read(tmp_path: Path) -> None:
    text = orders_xml([order("1", "7", line("P", 1, 5.0))]).encode()
    write(tmp_path, {"orders.xml.gz": gzip.compress(text)})
    assert read(tmp_path, "sfcc").ids == ["1"]


LAUGHS = (
    '<!DOCTYPE orders [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<orders><order order-no='&b;'/></orders>"
)
OUTSIDE = (
    '<!DOCTYPE orders [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    "<orders><order order-no='1'><a>&x;</a></order></orders>"
)
ELSEWHERE = '<!DOCTYPE orders SYSTEM "http://127.0.0.1:9/orders.dtd"><orders/>'


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, ELSEWHERE])
def test_a_document_type_is_refused(text: str, tmp_path: Path) -> None:
    write(tmp_path, {"orders.xml": HEAD + text})
    with pytest.raises(InputError, match=r"orders.xml declares a document type .* take it out"):
        read(tmp_path, "sfcc")


def test_a_record_without_end_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markup, "LONGEST", 1 << 20)
    long = f'<order order-no="1"><a>{"x" * (1 << 21)}</a></order>'
    everything = of_orders(tmp_path, long, '<order order-no="2"/>')
    assert everything.ids == ["2"]
    ((_, reason, said, original),) = everything.rejected.iter_rows()
    assert (reason, said, len(original)) == ("too_long", "line 3: it has more than 1 MB", 10_000)


def test_a_file_is_read_a_record_at_a_time(tmp_path: Path) -> None:
    bought = orders_xml([order(f"{n}", "7", line("P", 1, 5.0)) for n in range(2_500)])
    path = write(tmp_path, {"orders.xml": bought}) / "orders.xml"
    part = Part("it", path, "orders.xml", "", "orders.xml")
    root = markup.root_of(part)
    assert isinstance(root, markup.Root)
    tracemalloc.start()
    count = sum(1 for _ in markup.Records(part, root, "order"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, most < path.stat().st_size / 2) == (2_500, True)


def test_what_is_nested_too_deep_is_rejected(tmp_path: Path) -> None:
    deep = f'<order order-no="1">{"<a>" * 5_000}{"</a>" * 5_000}</order>'
    everything = of_orders(tmp_path, deep, '<order order-no="2"/>')
    assert (everything.ids, everything.refused) == (["2"], [("orders.xml#0", "too_deep")])


def test_payment_instruments_take_the_place_of_no_customer(tmp_path: Path) -> None:
    namespace = "http://www.demandware.com/xml/impex/customerpaymentinstrument/2014-03-31"
    text = f'<customers xmlns="{namespace}"><customer customer-no="1"/></customers>'
    write(tmp_path, {"customers.xml": customers_xml([customer("1")]), "customers_pay.xml": text})
    everything = read(tmp_path, "sfcc")
    assert (everything.ids, everything.refused) == (
        ["1"],
        [("customers_pay.xml", "unexpected_document")],
    )
    assert "this holds payment instruments" in everything.rejected["message"].item()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<inventory xmlns="urn:i"><list/></inventory>', "unexpected_document"),
        (customers_xml([customer("1")]), "unexpected_document"),
        ("no XML at all", "broken_xml"),
        (HEAD + ORDERS + "<other/></orders>", "unexpected_element"),
        (HEAD + ORDERS + "<order/></orders>", "missing_id"),
    ],
)
def test_what_is_no_export_of_orders_is_rejected(text: str, reason: str, tmp_path: Path) -> None:
    everything = read(write(tmp_path, {"orders.xml": text}), "sfcc")
    assert (everything.ids, [why for _, why in everything.refused]) == ([], [reason])
    assert everything.rejected["message"].item()


def test_a_file_of_another_name_may_be_named(tmp_path: Path) -> None:
    text = orders_xml([order("1", "7", line("P", 1, 5.0))])
    write(tmp_path, {"Export.RefArch.xml": text})
    assert (
        read(tmp_path, "sfcc").notes[1]
        == "it: left aside, sfcc does not know them: Export.RefArch.xml"
    )
    named = read(tmp_path, "sfcc", options={"file_names": {"Export": "orders"}})
    assert (named.objects, named.ids) == (("orders",), ["1"])
