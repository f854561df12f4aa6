"""What a run normalised is what the stage lookup would, and is kept for that run alone."""

from contextlib import closing
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from cdp.identity.kept_columns import KeptColumns
from cdp.identity.normalise import normalise
from cdp.identity.parties import split
from cdp.identity.records import conform
from cdp.identity.resolve import Blocking, resolve
from cdp.store import scratch
from identity_crowd import crowd


def test_a_run_shows_the_records_as_its_model_normalises_them(tmp_path: Path) -> None:
    records = conform(crowd(persons=60, seed=8)[0])
    kept = KeptColumns(tmp_path / "lookup", 1)
    with closing(scratch()) as connection:
        model = resolve(records, connection, seed=1, blocking=Blocking(shown=kept.keep)).model
    by_kind = split(records)
    assert model.parts
    for kind, part in model.parts.items():
        with closing(scratch()) as connection:
            again = normalise(by_kind[kind], connection, traits=part.traits, key=model.key)[0]
        shown = kept.take(kind)
        assert isinstance(shown, pl.DataFrame)
        assert_frame_equal(shown, again)
        assert KeptColumns(tmp_path / "lookup", 2).take(kind) is None
