"""Delimited text and lines: separators, quotes, encodings, line ends, and rows that are none."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import InputError
from source_files import read, write


def people(folder: Path, content: str | bytes, **options: object) -> list[dict[str, str]]:
    """Return the rows of `people.csv` as objects."""
    everything = read(write(folder, {"people.csv": content}), "csv_file", options=options)
    return [json.loads(payload) for payload in everything.payloads]


@pytest.mark.parametrize(
    "content",
    [
        "id,city\n1,Köln\n",
        "id;city\n1;Köln\n",
        "id\tcity\n1\tKöln\n",
        "id|city\n1|Köln",
        "id,city\r\n1,Köln\r\n",
        '"id","city"\n\n"1","Köln"\n\n',
        "id,city\n1,Köln\n".encode("utf-8-sig"),
        "id,city\n1,Köln\n".encode("utf-16"),
    ],
)
def test_the_same_table_in_many_writings(content: str | bytes, tmp_path: Path) -> None:
    assert people(tmp_path, content) == [{"id": "1", "city": "Köln"}]


def test_delimiter_and_encoding_can_be_declared(tmp_path: Path) -> None:
    content = "id:city;\n1:Köln;\n".encode("cp1252")
    rows = people(tmp_path, content, delimiter=":", encoding="cp1252")
    assert rows == [{"id": "1", "city;": "Köln;"}]


def test_columns_without_a_name_of_their_own_get_one(tmp_path: Path) -> None:
    assert people(tmp_path, "id,,id, a \n1,2,3,4\n") == [
        {"id": "1", "column_2": "2", "id#2": "3", "a": "4"}
    ]


def test_rows_of_other_lengths_are_rejected_with_their_line(tmp_path: Path) -> None:
    content = 'id,note\n1,"two\nlines"\n2\n3,a,b\n4,d\n'
    everything = read(write(tmp_path, {"p.csv": content}), "csv_file", options={"id_column": "id"})
    assert everything.ids == ["1", "4"]
    assert everything.rows["locator"].to_list() == ["p.csv:2", "p.csv:6"]
    assert everything.refused == [
        ("p.csv:4", "wrong_field_count"),
        ("p.csv:5", "wrong_field_count"),
    ]
    assert everything.rejected["message"][1] == "3 fields where the header names 2"
    assert everything.rejected["original"].to_list() == ["2", "3,a,b"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('2,"never closed', "broken_csv"),
        ('2,"closed"twice', "broken_csv"),
        ('"2,x', "broken_csv"),
    ],
)
def test_a_stray_quote_costs_its_own_line_only(broken: str, reason: str, tmp_path: Path) -> None:
    content = f"id,note\n1,a\n{broken}\n3,c\n4,d\n"
    everything = read(write(tmp_path, {"p.csv": content}), "csv_file", options={"id_column": "id"})
    assert everything.ids == ["1", "3", "4"]
    assert everything.refused == [("p.csv:3", reason)]
    assert everything.rejected["original"].to_list() == [broken]


def test_two_stray_quotes_do_not_swallow_what_is_between(tmp_path: Path) -> None:
    content = 'id,note\n1,"a\n2,b\n3,c",x\n4,d\n'
    everything = read(write(tmp_path, {"p.csv": content}), "csv_file", options={"id_column": "id"})
    assert everything.ids == ["2", "4"]
    assert [locator for locator, _ in everything.refused] == ["p.csv:2", "p.csv:4"]


def test_a_line_in_another_encoding_is_rejected_with_the_remedy(tmp_path: Path) -> None:
    content = b"id,city\n1,Bonn\n2,K\xf6ln\n3,Ulm\n"
    everything = read(write(tmp_path, {"p.csv": content}), "csv_file", options={"id_column": "id"})
    assert everything.ids == ["1", "3"]
    assert everything.refused == [("p.csv:3", "wrong_encoding")]
    assert "options.encoding" in everything.rejected["message"][0]
    assert everything.rejected["original"].to_list() == ["2,K\\xf6ln"]


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (b"id,st\xe4dt\n1,2\n", {}, r"does not fit its encoding; set options.encoding"),
        (b'"id,name\n1,2\n', {}, r"no readable header line"),
        (b"nr,name\n1,2\n", {"id_column": "id"}, r"no column id; its columns are nr, name"),
        (b"a,b\n1,2\n", {"changed_at_column": "t"}, r"no column t; its columns are a, b"),
        (b"\xff\xfei", {}, r"does not fit its encoding|header"),
    ],
)
def test_a_file_without_a_usable_header_stops_the_run(
    content: bytes, options: dict[str, str], told: str, tmp_path: Path
) -> None:
    write(tmp_path, {"p.csv": content})
    with pytest.raises(InputError, match=told) as caught:
        read(tmp_path, "csv_file", options=options)
    assert str(caught.value).startswith(f"source it: {tmp_path / 'p.csv'}")


def test_without_id_column_the_content_is_the_key(tmp_path: Path) -> None:
    everything = read(write(tmp_path, {"p.csv": "a,b\n1,2\n1,2\n1,3\n"}), "csv_file")
    first, second, third = everything.ids
    assert first == second != third
    assert len(first) == 32


def test_several_id_columns_make_one_key(tmp_path: Path) -> None:
    write(tmp_path, {"p.csv": "a,b\n1,2\n1,\n,\n"})
    everything = read(tmp_path, "csv_file", options={"id_column": ["a", "b"], "object": "orders"})
    assert everything.objects == ("orders",)
    assert everything.ids == ["1|2", "1|"]
    assert everything.refused == [("p.csv:4", "missing_id")]


def test_a_page_source_needs_no_text_options(tmp_path: Path) -> None:
    write(tmp_path, {"p.jsonl": b'\xef\xbb\xbf{"user":{"id":7}}\r\n{"user":{"id":"\xf6"}}\r\n{"us'})
    everything = read(tmp_path, "jsonl_file", options={"id_column": "user.id"})
    assert everything.ids == ["7"]
    assert everything.payloads == ['{"user":{"id":7}}']
    assert [reason for _, reason in everything.refused] == ["wrong_encoding", "broken_json"]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)
TABLE = st.lists(st.tuples(TEXT, TEXT), max_size=8)


@settings(deadline=None)
@given(TABLE)
def test_what_a_writer_quotes_comes_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("left", "right"), *table])
    rows = people(tmp_path_factory.mktemp("table"), text.getvalue(), delimiter=",")
    assert rows == [{"left": left, "right": right} for left, right in table]


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from('a1,"\n;'), max_size=20), max_size=6))
def test_no_line_is_ever_lost(tmp_path_factory: pytest.TempPathFactory, pieces: list[str]) -> None:
    content = "x,y\n" + "\n".join(pieces)
    folder = write(tmp_path_factory.mktemp("any"), {"p.csv": content})
    everything = read(folder, "csv_file", options={"delimiter": ","})
    accounted = "".join(
        [*(value for p in everything.payloads for value in json.loads(p).values())]
        + [original or "" for original in everything.rejected["original"]]
    )
    assert accounted.count("a") == content.count("a")
    assert accounted.count("1") == content.count("1")
