"""`cdp match`: any table in, one entity per row out, or one clear sentence and nothing written."""

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from cdp.cli.match import COMMAND
from cdp.identity.assemble import combined, records_of
from cdp.identity.match import match
from cdp.identity.tables import TableError, read_table
from cdp.store import scratch
from identity_crowd import crowd

PEOPLE = """id;First Name;Last Name;E-Mail;Phone;colour
1;José;Müller;jose@x.com|jm@y.org;+49 30 123456;red
2;Jose;Mueller;jm@y.org;030 123456;red
3;Анна;Петрова;;;blue
4;Anna;Petrova;"[""a@b.c"",""anna@p.ru""]";555 123 9999;blue
5;Anna;Petrova;anna@p.ru;;blue
"""


def written(path: Path) -> dict[str, str]:
    frame = pl.read_csv(path, infer_schema=False)
    assert frame.columns == ["record_id", "entity_id"]
    return dict(frame.iter_rows())


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_csv_of_any_shape(tmp_path: Path) -> None:
    report = match([put(tmp_path, "p.csv", PEOPLE)], tmp_path / "out.csv")
    found = written(tmp_path / "out.csv")
    assert list(found) == ["1", "2", "3", "4", "5"]
    assert found["1"] == found["2"]
    assert found["4"] == found["5"]
    assert found["1"] != found["4"]
    assert report.records == {"person": 5}
    assert sum(report.entities.values()) == len(set(found.values()))


def test_json_lines_with_nested_values(tmp_path: Path) -> None:
    lines = [
        {
            "id": 7,
            "name": "Ann Lee",
            "emails": ["a@x.de", "l@y.de"],
            "extra": [{"tel": "0301234567"}],
        },
        {"id": 8, "name": "Ann Lee", "email": "l@y.de", "hobby": "chess"},
        {"id": 9, "name": "Bo Chan"},
    ]
    path = put(tmp_path, "p.jsonl", "\n".join(json.dumps(line) for line in lines))
    match([path], tmp_path / "out.csv")
    found = written(tmp_path / "out.csv")
    assert found["7"] == found["8"] != found["9"]


def test_a_json_array_is_read_as_rows(tmp_path: Path) -> None:
    path = put(tmp_path, "p.json", '[{"id": "a", "city": "Rome"}, {"id": "b", "zip": 123}]')
    frame = read_table(path, scratch())
    assert frame.sort("id").to_dicts() == [
        {"city": "Rome", "id": "a", "zip": None},
        {"city": None, "id": "b", "zip": "123"},
    ]


def test_parquet_with_lists_and_structs(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "email": [["a@x.de", "b@x.de"], None],
            "extra": [{"dob": "1980-02-03"}, {"dob": None}],
            "born": pl.Series(["1980-02-03", None]).str.to_date(),
            "raw": [b"text", None],
            "items": [[{"k": "v"}], None],
        }
    )
    frame.write_parquet(tmp_path / "p.parquet")
    records = records_of(read_table(tmp_path / "p.parquet", scratch()), None)
    assert records["record_id"].to_list() == ["1", "2"]
    assert records["emails"].to_list() == [["a@x.de", "b@x.de"], []]
    assert '"dob":"1980-02-03"' in records["extra"][0]


def test_all_rows_of_several_files_are_named_by_source(tmp_path: Path) -> None:
    one = put(tmp_path, "crm.csv", "id,name,email\n1,Ann Lee,a@x.de\n2,Bo Chan,b@x.de\n")
    two = put(tmp_path, "shop.csv", "id,name,email\n1,Ann Lee,a@x.de\n3,Cy Dunn,c@x.de\n")
    match([one, two], tmp_path / "out.csv")
    assert list(written(tmp_path / "out.csv")) == ["crm:1", "2", "shop:1", "3"]


def test_an_empty_table_with_a_header_gives_an_empty_answer(tmp_path: Path) -> None:
    report = match([put(tmp_path, "p.csv", "id,name\n")], tmp_path / "out.csv")
    assert written(tmp_path / "out.csv") == {}
    assert report.largest == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", "", "is empty"),
        ("p.csv", b"id,name\n1,M\xfcller\n", "line 2: is not UTF-8"),
        ("p.csv", "id,name,city\n1,Ann,Rome\n2,Bo", "does not fit the header"),
        ("p.csv", 'id,name\n1,"Ann\n', "never closed"),
        ("p.csv", "id,name,name\n1,a,b\n", "repeats"),
        ("p.csv", "id,,name\n1,a,b\n", "column without name"),
        ("p.csv", "id,name\n1,a\n2,b\n1,c\n", "'1' is repeated in rows 1, 3"),
        ("p.csv", "id,name\n1,a\n,b\n", "rows 2 have no record_id"),
        ("p.jsonl", '{"id": 1}\n{"id": 2, "na', "line 2: is not valid JSON"),
        ("p.jsonl", '{"id": 1}\n17\n', "no object"),
        ("p.jsonl", '{"id": 1}\n[{"id": 2}, 3]\n', "line 2: an array holds"),
        ("p.parquet", "no parquet", "not a readable Parquet"),
        ("p.xls", "?", "cannot read .xls"),
    ],
)
def test_bad_input_is_one_clear_sentence_and_nothing_written(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    path = put(tmp_path, name, content)
    with pytest.raises(TableError, match=message) as caught:
        match([path], tmp_path / "out.csv")
    assert str(path) in str(caught.value)
    assert not (tmp_path / "out.csv").exists()


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        match([tmp_path / "none.csv"], tmp_path / "out.csv")
    path = put(tmp_path, "p.csv", "id,name\n1,a\n")
    with pytest.raises(TableError, match="no such folder"):
        match([path], tmp_path / "nowhere" / "out.csv")


def test_one_id_in_two_files_of_one_source_is_an_error(tmp_path: Path) -> None:
    table = records_of(pl.DataFrame({"id": ["1"], "source": ["crm"]}), None)
    with pytest.raises(TableError, match="in more than one file"):
        combined([(tmp_path / "a", table), (tmp_path / "b", table)])


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.mkdir()
    path = put(tmp_path, "p.csv", "id,name\n1,a\n")
    with pytest.raises(TableError, match="cannot be written"):
        match([path], out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "p.csv"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("a@x.de", ["a@x.de"]),
        ("a@x.de; b@x.de", ["a@x.de", "b@x.de"]),
        ("a@x.de|b@x.de", ["a@x.de", "b@x.de"]),
        ('["a@x.de", "b@x.de"]', ["a@x.de", "b@x.de"]),
        ("[]", []),
        ("", []),
        (None, []),
    ],
)
def test_a_cell_may_hold_several_values(cell: str | None, expected: list[str]) -> None:
    table = pl.DataFrame({"email": [cell]}, schema={"email": pl.String})
    assert records_of(table, None)["emails"].to_list() == [expected]


def test_the_command_talks_on_stderr_and_gives_json_on_stdout(tmp_path: Path) -> None:
    frame, _ = crowd(12)
    frame.write_parquet(tmp_path / "p.parquet")
    arguments = [
        str(tmp_path / "p.parquet"),
        "--out",
        str(tmp_path / "out.csv"),
        "--explain",
        str(tmp_path / "why"),
        "--json",
    ]
    result = CliRunner().invoke(COMMAND, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["records"] == {"person": 24}
    assert "unsure" in result.stderr
    assert "reasons" in result.stderr
    assert len(written(tmp_path / "out.csv")) == 24
    edges = pl.read_parquet(tmp_path / "why" / "edges.parquet")
    assert len(edges) > 0
    assert (tmp_path / "why" / "model" / "card.md").exists()
    clusters = pl.read_csv(tmp_path / "why" / "clusters.csv")
    doubts = clusters.unique("cluster")["expected_wrong", "expected_missed"].sum().row(0)
    expected = (report["expected_wrong_pairs"], 2 * report["expected_missed_pairs"])
    assert doubts == pytest.approx(expected, abs=0.01)
