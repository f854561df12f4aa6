"""`cdp forecast`: any purchase log in, a line per customer out, and what it is worth."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cdp.cli import main
from cdp.scores.predict.door import COLUMNS, forecast_file
from cdp.scores.predict.log import as_date
from purchase_logs import START, buyers

UNTIL = as_date(START + 360)


def _file(tmp_path: Path, customers: int, *, days: int = 420, seed: int = 1) -> Path:
    frame = buyers(customers, days, seed).with_columns(pl.col("day").cast(pl.Int32).cast(pl.Date))
    path = tmp_path / f"log{customers}.csv"
    frame.rename({"customer": "Customer ID", "day": "Order date"}).write_csv(path)
    return path


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["forecast", *map(str, args)])
    said = capsys.readouterr()
    return int(str(stopped.value.code)), said.out, said.err


def test_every_customer_gets_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, out = _file(tmp_path, 350), tmp_path / "scores.csv"
    asked = ("--until", UNTIL, "--horizon-days", 75, "--out", out)
    code, said, _ = _run(capsys, log, *asked, "--json")
    assert code == 0
    report: dict[str, Any] = json.loads(said)
    rows = _rows(out)
    known = buyers(350, 420).filter(pl.col("day") <= START + 360)["customer"].unique().sort()
    assert [row["customer_id"] for row in rows] == known.to_list()
    assert tuple(rows[0]) == COLUMNS
    assert report["status"] == "published"
    assert rows[0]["status"].startswith("published")
    assert all(0 <= float(row["p_buy"]) <= 1 for row in rows)
    assert all(0 <= float(row["p_alive"]) <= 1 for row in rows)
    assert all(float(row["expected_purchases"]) >= 0 for row in rows)
    named = [row for row in rows if row["next_purchase_from"]]
    assert named
    assert all(date.fromisoformat(row["next_purchase_from"]) > UNTIL for row in named)
    assert all(float(row["p_buy"]) >= 0.5 for row in named)


@pytest.mark.long
def test_what_is_later_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes come from a log that ends there, in another order."""
    log, out = _file(tmp_path, 400), tmp_path / "scores.csv"
    asked = ("--until", UNTIL, "--horizon-days", 60, "--out", out)
    _run(capsys, log, *asked)
    before = out.read_bytes()
    frame = pl.read_csv(log, try_parse_dates=True).filter(pl.col("Order date") <= UNTIL)
    frame.sample(fraction=1, shuffle=True, seed=3).write_parquet(tmp_path / "cut.parquet")
    code, said, _ = _run(capsys, tmp_path / "cut.parquet", *asked)
    assert code == 0
    assert out.read_bytes() == before
    assert "Brier gain over the recency x frequency table" in said
    assert "no_seasonal_check" in said


@pytest.mark.parametrize(
    ("text", "customers"),
    [
        ("customer_id,ts,amount\n" + "".join(f"c{n},2024-01-0{n},5\n" for n in range(1, 6)), 5),
        ("customer_id,ts\na,2024-01-05\n", 1),
        ("customer_id,ts\n" + "".join(f"c{n},2023-0{1 + n % 9}-05\n" for n in range(300)), 300),
        ("customer_id,ts,amount\na,2023-01-05,9\na,2023-05-05,\nb,2023-06-06,-4\n", 1),
    ],
    ids=["five", "one", "one-time buyers", "refund alone"],
)
def test_small_logs_get_naive_numbers(tmp_path: Path, text: str, customers: int) -> None:
    log, out = tmp_path / "log.csv", tmp_path / "scores.csv"
    log.write_text(text)
    report = forecast_file(log, out, until=date(2024, 1, 31), horizon_days=30)
    rows = _rows(out)
    assert len(rows) == customers
    assert report.status == "insufficient_data"
    assert all(row["status"].startswith("insufficient_data: ") for row in rows)
    assert all(0 < float(row["p_buy"]) < 1 for row in rows)
    assert {row["p_alive"] for row in rows} == {""}


@pytest.mark.long
def test_a_horizon_beyond_the_history_is_refused(tmp_path: Path) -> None:
    log, out = _file(tmp_path, 30), tmp_path / "scores.csv"
    report = forecast_file(log, out, until=UNTIL, horizon_days=2000)
    assert report.status == "insufficient_data"
    assert "the horizon is more than three times the history" in report.reasons


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"--horizon-days": 0}, "give 1 to 3650 days"),
        ({"--until": UNTIL - timedelta(days=900)}, "holds no purchase until"),
        ({"--out": "nowhere/scores.csv"}, "there is no such folder"),
        ({"--until": "soon"}, "does not match the format"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object], says: str
) -> None:
    out = tmp_path / "scores.csv"
    options: dict[str, object] = {"--until": UNTIL, "--horizon-days": 30, "--out": out, **change}
    asked = [word for pair in options.items() for word in pair]
    code, _, said = _run(capsys, _file(tmp_path, 30), *asked)
    assert code != 0
    assert says in said
    assert not out.exists()


def test_the_log_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = _file(tmp_path, 30)
    code, _, said = _run(capsys, log, "--until", UNTIL, "--horizon-days", 30, "--out", log)
    assert code == 1
    assert "is the log itself" in said
