"""Purchase logs as people have them."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from cdp.errors import InputError
from cdp.scores.predict.log import day_number
from cdp.scores.predict.purchase_file import Reading, read_purchases

UNTIL = day_number(date(2024, 3, 31))
JAN = day_number(date(2024, 1, 1))


def read(tmp_path: Path, text: str | bytes, name: str = "log.csv") -> Reading:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_purchases(path, UNTIL)


def rows(reading: Reading) -> list[tuple[str, int, float | None]]:
    ids = reading.log.ids.to_list()
    return [(ids[c], day - JAN + 1, amount) for c, day, amount in reading.log.rows.rows()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("customer_id,ts,amount\nb,2024-01-03,5\na,2024-01-02,7.5\n", [("a", 2, 7.5), ("b", 3, 5)]),
        ("Customer ID;Bestelldatum;Betrag\na;05.01.2024;1.234,50 €\n", [("a", 5, 1234.5)]),
        ("Kundennr;Datum;Umsatz\na;05.01.2024;1.234\n", [("a", 5, 1234.0)]),
        ("user_id,InvoiceDate,total\na,1/5/2024 8:26,$12\na,1/25/2024 8:26,3\n", None),
        ('client,date,montant\na,25/01/2024,"3,5"\n', [("a", 25, 3.5)]),
        ("customer_id,ts\na,2024-01-02T23:30:00-02:00\n", [("a", 3, None)]),
        ("customer_id,ts\na,2024-01-02 00:30:00 +0200\n", [("a", 1, None)]),
        ("customer_id,ts\na,20240107\n", [("a", 7, None)]),
        ("customer_id,ts\na,1704585600\n", [("a", 7, None)]),
        ("customer_id,ts\na,1704585600000\n", [("a", 7, None)]),
        ('customer_id,ts\na,"Jan 07, 2024"\n', [("a", 7, None)]),
        ("customer_id\tts\tamount\na\t2024-01-02\t1e2\n", [("a", 2, 100.0)]),
        ("customer_id,ts,amount\na,2024-01-02,(5.00)\n", [("a", 2, -5.0)]),
        ("customer_id,ts,amount\na,2024-01-02,5.00-\n", [("a", 2, -5.0)]),
        ("customer_id,ts,amount\na,2024-01-02,CHF 1'234.50\n", [("a", 2, 1234.5)]),
        ("customer_id,ts,amount\na,2024-01-02,n/a\na,2024-01-03,\n", None),
        ("CustomerID,InvoiceDate,Quantity,UnitPrice\na,2024-01-02,3,2.50\n", [("a", 2, 7.5)]),
        ("id,day,amount\na,2024-01-02,5\na,2024-04-01,9\n", [("a", 2, 5.0)]),
    ],
)
def test_formats(tmp_path: Path, text: str, expected: list[tuple[str, int, float]] | None) -> None:
    found = rows(read(tmp_path, text))
    if expected is None:
        assert len(found) == 2
    else:
        assert found == expected


def test_month_first_when_a_date_can_be_nothing_else(tmp_path: Path) -> None:
    found = read(tmp_path, 'user_id,date,total\na,1/5/2024,$12\na,1/25/2024,"1,300.00"\n')
    assert rows(found) == [("a", 5, 12.0), ("a", 25, 1300.0)]
    assert found.notes == ("dates were read with the month first",)


def test_what_is_no_purchase_is_counted(tmp_path: Path) -> None:
    text = (
        "order_id,customer_id,ts,amount,status,cancelled_at\n"
        "1,a,2024-01-02T10:00:00Z,5,paid,\n"
        "1,a,2024-01-02T10:00:00Z,5,paid,\n"
        "2,a,2024-01-03T10:00:00Z,6,Cancelled,\n"
        "3,a,2024-01-04T10:00:00Z,7,paid,2024-01-05T10:00:00Z\n"
        "4,a,2024-01-06T10:00:00Z,8,paid,2024-05-05T10:00:00Z\n"
        "5,,2024-01-06T10:00:00Z,8,paid,\n"
        "6,b,2024-04-06T10:00:00Z,8,paid,\n"
    )
    found = read(tmp_path, text)
    assert rows(found) == [("a", 2, 5.0), ("a", 6, 8.0)]
    assert found.left_out == {"cancelled": 2, "later": 1, "repeated": 1, "without customer": 1}
    assert found.rows == 7


def test_rows_of_returns_count_against_purchases(tmp_path: Path) -> None:
    text = (
        "customer_id,ts,amount,type\na,2024-01-02,50,sale\na,2024-01-09,20,refund\n"
        "a,2024-01-10,,Return\n"
    )
    found = read(tmp_path, text)
    assert rows(found) == [("a", 2, 50.0), ("a", 9, -20.0)]
    assert found.left_out == {"refund without amount": 1}


def test_two_alike_purchases_of_a_day_without_time_are_two(tmp_path: Path) -> None:
    found = read(tmp_path, "customer_id,ts,amount\na,2024-01-02,5\na,2024-01-02,5\n")
    assert rows(found) == [("a", 2, 10.0)]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, "customer_id,ts,Ort\nä,2024-01-02,Zürich\n".encode(encoding))
    assert rows(found) == [("ä", 2, None)]


def test_json_lines_and_arrays(tmp_path: Path) -> None:
    lines = (
        '{"customer_id": 1, "ts": "2024-01-02", "amount": 3}\n'
        '{"customer_id": "x", "ts": "2024-01-03", "note": [1]}\n'
    )
    assert rows(read(tmp_path, lines, "log.jsonl")) == [("1", 2, 3.0), ("x", 3, None)]
    array = '[{"user": {"id": 3}, "userId": 7, "timestamp": "2024-01-02T10:00:00Z", "value": 2.5}]'
    assert rows(read(tmp_path, array, "log.json")) == [("7", 2, 2.5)]


def test_parquet_with_types(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    pl.DataFrame(
        {
            "customer_id": [7, 7, 8],
            "ts": [datetime(2024, 1, d, 23, tzinfo=UTC) for d in (2, 3, 4)],
            "amount": [1.25, -0.5, None],
        }
    ).write_parquet(path)
    assert rows(read_purchases(path, UNTIL)) == [("7", 2, 1.25), ("7", 3, -0.5), ("8", 4, None)]


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("who,ts\na,2024-01-01\n", "log.csv", "no column names the customer; it has who, ts"),
        ("customer_id,x\na,2024-01-01\n", "log.csv", "no column names the time of purchase"),
        (
            "customer_id,ts\na,2024-01-01\nb,soon\n",
            "log.csv",
            "row 2, column ts: 'soon' is no date",
        ),
        ("customer_id,ts\na,\n", "log.csv", "row 1, column ts: is empty"),
        ("customer_id,ts\na,0001-01-01\n", "log.csv", "is no date"),
        ("customer_id,ts\na,2024-13-01\nb,2024-02-30\n", "log.csv", r"row 1.*\(2 such rows\)"),
        ("customer_id,ts,amount\na,2024-01-01,lots\n", "log.csv", "column amount: 'lots' is no am"),
        (
            'customer_id,ts,amount\na,2024-01-01,"1,5"\nb,2024-01-01,1.5\n',
            "log.csv",
            "decimal comma",
        ),
        ("customer_id,ts\na,13/01/2024\nb,01/13/2024\n", "log.csv", "some dates begin"),
        ("a,ts,ts\n1,2,3\n", "log.csv", "the header repeats ts"),
        (
            "customer_id,ts\na,2024-01-01,7,8\n",
            "log.csv",
            "CSV Error on Line: 2; Expected Number of Columns",
        ),
        ("", "log.csv", "is empty"),
        ("x", "log.xls", "cannot read .xls"),
        ('{"customer_id": 1\n', "log.jsonl", "Malformed JSON"),
        ("nothing", "log.parquet", "Correct the file"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str, name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read(tmp_path, text, name)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_purchases(tmp_path / "none.csv", UNTIL)
