"""`cdp analyse`: lists, answers, publishes, and writes report, charts and tables."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from analysed_world import Order, customers
from builders import AS_OF, opened, workspace
from cdp.cli import main, root
from published import copied

FILE = """
kind: abc
description: who brings the revenue
"""
MOMENT = AS_OF.isoformat()


@pytest.fixture(scope="module")
def shop(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published workspace with sixty customers, one analysis declared and none made."""
    place = copied(base, tmp_path_factory.mktemp("analysed") / "shop").root
    crowd: dict[str, list[Order]] = {
        f"P-{n:02}": [(20 + 30 * m, 10.0 + n) for m in range(1 + n % 5)] for n in range(60)
    }
    with opened(place) as warehouse:
        customers(warehouse, crowd)
    (place / "analyses").mkdir()
    (place / "analyses" / "best.yaml").write_text(FILE, "utf-8")
    return place


@pytest.fixture(scope="module")
def answered(shop: Path) -> tuple[Path, str]:
    """The workspace after three questions, and what was printed."""
    at = ["--workspace", str(shop)]
    before = json.loads(CliRunner().invoke(root, ["analyse", *at, "--json"]).stdout)
    waiting = {row["analysis"]: (row["kind"], row["status"]) for row in before}
    assert waiting["best"] == ("abc", None)
    assert waiting["rfm"] == ("rfm", None)
    names = ("best", "rfm", "cohorts")
    done = CliRunner().invoke(root, ["analyse", *names, *at, "--as-of", MOMENT])
    assert done.exit_code == 0, done.output
    return shop, done.stdout


def test_names_are_answered_published_and_written(answered: tuple[Path, str]) -> None:
    shop, said = answered
    assert "A: 32 of 60 customers (53.3%) brought 80.3% of net revenue" in said
    assert "recency  frequency  monetary" in said
    for name, files in {
        "best": {"report.md", "concentration.svg", "classes.svg"},
        "rfm": {"report.md", "grid.svg", "segments.svg", "analysis_rfm.csv"},
        "cohorts": {"report.md", "retention.svg", "value.svg", "analysis_cohort.csv"},
    }.items():
        folder = shop / ".cdp" / "analyses" / name
        assert {path.name for path in folder.iterdir()} == files
        assert all(b"<svg" in path.read_bytes()[:500] for path in folder.glob("*.svg"))
    report = (shop / ".cdp" / "analyses" / "best" / "report.md").read_text("utf-8")
    assert "who brings the revenue" in report
    assert "![concentration](concentration.svg)" in report
    assert "P-5" not in report + said, "nobody is named"
    table = (shop / ".cdp" / "analyses" / "rfm" / "analysis_rfm.csv").read_text("utf-8")
    assert sum(int(row["customers"]) for row in csv.DictReader(table.splitlines())) == 60
    listed = CliRunner().invoke(root, ["analyse", "--workspace", str(shop)]).stdout
    rows = {line.split()[0]: line for line in listed.splitlines()}
    assert "2026-07-01  found" in rows["best"]
    assert "A: 32 of 60" in rows["best"]
    assert "not made yet" in rows["abc"]


def test_the_same_question_gives_the_same_files(answered: tuple[Path, str], tmp_path: Path) -> None:
    shop, _ = answered
    at = ["analyse", "best", "--workspace", str(shop), "--as-of", MOMENT, "--json"]
    again = CliRunner().invoke(root, [*at, "--out", str(tmp_path)])
    assert again.exit_code == 0, again.output
    assert "unchanged" in again.stderr
    told = json.loads(again.stdout)[0]
    for path in told["files"]:
        before = shop / ".cdp" / "analyses" / "best" / Path(path).name
        assert Path(path).read_bytes() == before.read_bytes()
    assert told["tables"] == {}
    assert told["rows_of_people"] == {"gold.analysis_abc": 60}
    assert told["definition"]["a"] == 0.8


def test_too_little_is_said_and_no_chart_drawn(base: Path, tmp_path: Path) -> None:
    place = copied(base, tmp_path / "small").root
    at = ["--workspace", str(place), "--as-of", MOMENT]
    done = CliRunner().invoke(root, ["analyse", "abc", "rfm", *at])
    assert done.exit_code == 0, done.output
    assert "abc: insufficient_data" in done.stdout
    for name in ("abc", "rfm"):
        folder = place / ".cdp" / "analyses" / name
        assert [path.name for path in folder.iterdir()] == ["report.md"]


def test_an_unknown_name_is_an_error_and_nothing_is_run(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (shop / ".cdp" / "manifest.json").read_bytes()
    with pytest.raises(SystemExit) as caught:
        main(["analyse", "besst", "--workspace", str(shop)])
    assert caught.value.code == 1
    assert "unknown analysis 'besst'; known: abc, best," in capsys.readouterr().err
    assert (shop / ".cdp" / "manifest.json").read_bytes() == before


def test_a_workspace_that_never_ran_is_not_published_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = workspace(tmp_path)
    with pytest.raises(SystemExit):
        main(["analyse", "abc", "--workspace", str(place.root)])
    assert "run `cdp run` first" in capsys.readouterr().err
    assert not (tmp_path / ".cdp" / "manifest.json").exists()
    listed = CliRunner().invoke(root, ["analyse", "--workspace", str(place.root)])
    assert "not made yet" in listed.stdout
