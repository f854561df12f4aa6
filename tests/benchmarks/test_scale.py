"""The invented customers of the scale benchmark: as many as asked for, the same every time."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SIZE = 6_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Records and truth, made twice by the benchmark's own process and found equal."""
    folder = tmp_path_factory.mktemp("scale")
    program = (
        "from scale_data import generate\n"
        "import sys\n"
        "for turn in 'ab':\n"
        "    for part, name in zip(generate(int(sys.argv[1]), 7), ('records', 'truth')):\n"
        "        part.write_parquet(f'{sys.argv[2]}/{name}-{turn}.parquet')\n"
    )
    command = [sys.executable, "-c", program, str(SIZE), str(folder)]
    subprocess.run(command, check=True, cwd=BENCHMARKS)
    for name in ("records", "truth"):
        one, other = (pl.read_parquet(folder / f"{name}-{turn}.parquet") for turn in "ab")
        assert_frame_equal(one, other)
    return pl.read_parquet(folder / "records-a.parquet"), pl.read_parquet(
        folder / "truth-a.parquet"
    )


def test_every_record_has_one_person_and_every_person_a_record(
    made: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    records, truth = made
    assert len(records) == SIZE
    assert records["record_id"].n_unique() == SIZE
    assert_frame_equal(records.select("record_id"), truth.select("record_id"))
    assert SIZE / truth["entity"].n_unique() == pytest.approx(1.95, abs=0.01)
    assert set(records["source"]) == {"crm", "shop", "app"}


def test_people_share_contacts_and_systems_leave_gaps(
    made: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    records, truth = made
    both = records.join(truth, on="record_id")
    for column in ("emails", "phones"):
        people = both.explode(column).drop_nulls(column).group_by(column)
        shared = people.agg(pl.col("entity").n_unique())["entity"].to_numpy()
        assert 0 < (shared == 2).sum() < 0.2 * len(shared)
        assert shared.max() > 8
    by_source = both.group_by("source").agg(pl.col("birth_date").is_null().mean())
    assert by_source["birth_date"].is_between(0.2, 0.95).all()


def test_help_says_what_is_measured() -> None:
    command = [sys.executable, str(BENCHMARKS / "scale.py"), "--help"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for word in ("peer", "median", "CPU", "identity.py"):
        assert word in said
