"""JSON pages: exact text of rows, and what becomes of pages that are broken."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_files import read, write

ROWS = [
    {"ID": str(n), "Name": f"Nr {n} ü", "deep": {"results": [{"ID": "no"}]}} for n in range(1, 6)
]
PAGE = json.dumps({"d": {"__count": "5", "results": ROWS}}, ensure_ascii=False)
NODES = json.dumps({"data": {"things": {"pageInfo": {"x": 1}, "nodes": [{"id": 1}, {"id": 2}]}}})


def leads(folder: Path, *pages: str | bytes) -> Path:
    files = {f"LeadCollection.page-{n:04d}.json": page for n, page in enumerate(pages, start=1)}
    return write(folder, files)


def test_the_payload_is_the_exact_text_of_the_row(tmp_path: Path) -> None:
    rows = ['{ "ID" : "1",\n "amount": 1.500, "zeta":1, "alpha":\t2 }', '{"ID":2}']
    leads(tmp_path, f'{{"d": {{"results": [{",".join(rows)}]}}}}')
    everything = read(tmp_path, "sap_c4c")
    assert everything.payloads == rows
    assert everything.rows["locator"].to_list() == [
        "LeadCollection.page-0001.json#0",
        "LeadCollection.page-0001.json#1",
    ]


def test_the_hash_does_not_depend_on_the_order_of_fields(tmp_path: Path) -> None:
    rows = ['{"ID":"1","a":{"b":1,"c":2}}', '{"a": {"c":2,"b":1}, "ID":"1"}', '{"ID":"1","a":{}}']
    leads(tmp_path, f'{{"d":[{",".join(rows)}]}}')
    first, second, third = read(tmp_path, "sap_c4c").rows["content_hash"]
    assert first == second != third


def test_pages_of_one_export_are_one_delivery(tmp_path: Path) -> None:
    leads(tmp_path, '{"d":{"results":[{"ID":"1"}]}}', '{"d":{"results":[{"ID":"2"}]}}')
    write(tmp_path, {"LeadCollection.late.json": '{"d":{"ID":"3"}}'})
    everything = read(tmp_path, "sap_c4c")
    assert everything.objects == ("LeadCollection", "LeadCollection")
    assert everything.ids == ["3", "1", "2"]
    assert len(everything.cursors) == 3


@pytest.mark.parametrize(
    ("page", "ids", "refused"),
    [
        ('{"d":{"results":[]}}', [], []),
        ('{"d":{"results":[{"ID":"1"},{"ID":"2"},{"ID":', ["1", "2"], [("#2", "truncated_json")]),
        ('{"d":{"results":[{"ID":"1"}', ["1"], [("#1", "truncated_json")]),
        ('{"d":{"results":[{"ID":"1"}]', ["1"], [("#1", "truncated_json")]),
        ('{"d":{"results":[{"ID":"1"},{"ID":oops},{"ID":"3"}]}}', ["1"], [("#1", "broken_json")]),
        ('{"d":[{"x":{"results":[{"ID":"no"}]},"ID":"1"},{"y":', ["1"], [("#1", "truncated_json")]),
        ('{"d":{"res', [], [("", "truncated_json")]),
        ("<html>Service Unavailable</html>", [], [("", "broken_json")]),
        ('{"error":{"code":"401"}}', [], [("", "unexpected_page")]),
        ('["d"]', [], [("", "unexpected_page")]),
        ('{"d":{"results":[{"ID":"1"},{"ID":"2","n":1e999}]}}', ["1"], [("#1", "broken_json")]),
        ('{"d":{"results":[{"ID":"1"},7,null]}}', ["1"], [("#1", "not_an_object")] * 1),
    ],
)
def test_what_can_be_read_of_a_page_is_kept(
    page: str, ids: list[str], refused: list[tuple[str, str]], tmp_path: Path
) -> None:
    everything = read(leads(tmp_path, page), "sap_c4c")
    name = "LeadCollection.page-0001.json"
    assert everything.ids == ids
    found = [(locator.removeprefix(name), reason) for locator, reason in everything.refused]
    assert found[: len(refused)] == refused


def test_a_graphql_error_is_no_page(tmp_path: Path) -> None:
    write(tmp_path, {"orders.json": '{"errors":[{"message":"Throttled"}],"data":null}'})
    assert read(tmp_path, "shopify").refused == [("orders.json", "unexpected_page")]
    write(tmp_path, {"orders.json": '{"data":{"orders":{"pageInfo":{}}}}'})
    assert read(tmp_path, "shopify").refused == [("orders.json", "unexpected_page")]


def test_a_row_in_another_encoding_costs_only_itself(tmp_path: Path) -> None:
    page = b'{"d":{"results":[{"ID":"1"},{"ID":"2","City":"K\xf6ln"},{"ID":"3"}]}}'
    everything = read(leads(tmp_path, page), "sap_c4c")
    assert everything.ids == ["1", "3"]
    assert everything.refused == [("LeadCollection.page-0001.json#1", "wrong_encoding")]
    assert everything.rejected["original"][0] == '{"ID":"2","City":"K\\xf6ln"}'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_error(encoding: str, tmp_path: Path) -> None:
    everything = read(leads(tmp_path, PAGE.encode(encoding)), "sap_c4c")
    assert everything.ids == ["1", "2", "3", "4", "5"]


def test_nesting_beyond_reason_is_rejected(tmp_path: Path) -> None:
    row = '{"ID":"2","x":' + "[" * 5000 + "]" * 5000 + "}"
    everything = read(leads(tmp_path, f'{{"d":{{"results":[{{"ID":"1"}},{row}]}}}}'), "sap_c4c")
    assert everything.ids == ["1"]
    assert [reason for _, reason in everything.refused] == ["broken_json"]
    assert len(everything.rejected["original"][0]) == 10_000


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=len(PAGE) - 1))
def test_cut_anywhere_a_page_gives_its_whole_rows_and_one_piece(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    everything = read(leads(folder, PAGE[:cut]), "sap_c4c")
    assert [json.loads(p) for p in everything.payloads] == ROWS[: len(everything.rows)]
    assert len(everything.rejected) == (1 if cut else 0)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=len(NODES) - 1))
def test_the_same_holds_for_graphql(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = write(tmp_path_factory.mktemp("cut"), {"things.json": NODES[:cut]})
    everything = read(folder, "shopify")
    assert everything.ids == ["1", "2"][: len(everything.rows)]
    assert len(everything.rejected) == 1
