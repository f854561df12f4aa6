"""A lookup with its patch finds what a lookup written anew finds, or the patch is refused."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import asdict

from cdp.identity.artefact import PartModel
from cdp.identity.facets import variants
from cdp.identity.lookup import About, Lookup, Records, write_lookup
from cdp.identity.lookup_patch import write_patch
from cdp.identity.normalise import normalise
from cdp.identity.records import conform
from cdp.identity.resolve import resolve
from cdp.store import scratch
from identity_crowd import crowd

ABOUT = About("person", "v1", 0)
Columns = tuple[pl.DataFrame, PartModel, bytes]


@pytest.fixture(scope="module")
def learned() -> tuple[pl.DataFrame, PartModel, bytes]:
    """Return records, the part of the model that was trained on them, and its key."""
    records = conform(crowd(persons=150, seed=8)[0])
    with closing(scratch()) as connection:
        model = resolve(records, connection, seed=1).model
    return records.filter(pl.col("company").is_null()), model.parts["person"], model.key


def _normalised(records: pl.DataFrame, part: PartModel, key: bytes) -> pl.DataFrame:
    with closing(scratch()) as connection:
        return normalise(records, connection, traits=part.traits, key=key)[0]


def _found(lookup: Lookup, columns: pl.DataFrame) -> dict[str, set[str]]:
    """Return for each record the records in its blocks, by id."""
    rows = pl.concat([columns, variants(columns)]).partition_by("unique_id", as_dict=True)
    return {
        mine["record_id"][0]: {
            lookup.values(number).record_id
            for number in lookup.candidates(mine.to_dicts())[0].tolist()
        }
        for mine in rows.values()
    }


@pytest.mark.parametrize("cap", [4, 12, 1000])
def test_a_patched_lookup_finds_what_a_new_one_finds(
    cap: int, learned: Columns, tmp_path: Path
) -> None:
    records, learned_part, key = learned
    part = replace(learned_part, plan=replace(learned_part.plan, block_cap=cap))
    later = set(records["record_id"].gather_every(9).to_list())
    moved = records["record_id"].gather_every(9, offset=4).to_list()
    now = records.with_columns(
        family_name=pl.when(pl.col("record_id").is_in(moved))
        .then(pl.col("family_name").reverse())
        .otherwise(pl.col("family_name"))
    )
    before = records.filter(~pl.col("record_id").is_in(later))
    write_lookup(tmp_path / "base", _normalised(before, part, key), part, ABOUT)
    columns = _normalised(now, part, key)
    write_lookup(tmp_path / "whole", columns, part, ABOUT)
    comparisons = part.latent.comparisons
    changed = _normalised(now.filter(pl.col("record_id").is_in([*later, *moved])), part, key)
    base = Records(tmp_path / "base", len(part.plan.rules), comparisons)
    if not write_patch(tmp_path / "patch", changed, part, ABOUT, base):
        assert cap < 1000
        return
    whole = Lookup(tmp_path / "whole", part.plan, comparisons)
    both = Lookup(tmp_path / "base", part.plan, comparisons, tmp_path / "patch")
    assert len(both) == len(whole) == len(now)
    assert _found(both, columns) == _found(whole, columns)
    for number, record_id in enumerate(now["record_id"]):
        there = both.number_of(record_id)
        assert there is not None
        assert asdict(both.values(there)) == asdict(whole.values(number))
    assert both.number_of("nobody") is None


def test_new_records_never_open_a_full_block(learned: Columns, tmp_path: Path) -> None:
    records, learned_part, key = learned
    part = replace(learned_part, plan=replace(learned_part.plan, block_cap=4))
    before = records.filter(pl.int_range(pl.len()) % 5 > 0)
    new = records.filter(pl.int_range(pl.len()) % 5 == 0)
    write_lookup(tmp_path / "base", _normalised(before, part, key), part, ABOUT)
    columns = _normalised(records, part, key)
    write_lookup(tmp_path / "whole", columns, part, ABOUT)
    comparisons = part.latent.comparisons
    base = Records(tmp_path / "base", len(part.plan.rules), comparisons)
    assert write_patch(tmp_path / "patch", _normalised(new, part, key), part, ABOUT, base)
    both = Lookup(tmp_path / "base", part.plan, comparisons, tmp_path / "patch")
    whole = Lookup(tmp_path / "whole", part.plan, comparisons)
    assert _found(both, columns) == _found(whole, columns)
