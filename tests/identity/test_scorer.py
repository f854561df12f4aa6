"""Single pairs are scored as the batch scores them: every level, every class, to rounding."""

import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cdp.identity.artefact import Model, PartModel, PartyType
from cdp.identity.comparisons import NUMBER, Comparison, chosen_comparisons
from cdp.identity.facets import variants
from cdp.identity.frequencies import Terms, hashed_values
from cdp.identity.latent import judge, judge_by, tables
from cdp.identity.laws import COLUMNS, LAW, Law, governed, law_comparison
from cdp.identity.lookup import About, Lookup, write_lookup
from cdp.identity.normalise import normalise
from cdp.identity.records import conform
from cdp.identity.scorer import Scorer, compared_columns, compiled
from cdp.identity.sieve import Sieve
from cdp.identity.traits import Traits
from cdp.identity.vectors import Vectoriser
from cdp.store import scratch
from identity_crowd import crowd, crowd_model

pytestmark = pytest.mark.long

EXTRAS = {"extra_0": "shoe_size", "extra_1": "club"}
HEAVY = ("user_id", "loyalty_id", "tax_id", "national_id", "source", "phone", "email")
LAWS = tuple(Law(kind, 20.0 - place, None, place) for place, kind in enumerate(HEAVY, 1))
KINDS: tuple[PartyType, ...] = ("person", "organisation")
EVERY = {
    kind: (
        *chosen_comparisons(lambda _: True, is_organisation=kind == "organisation", extras=EXTRAS),
        *law_comparison(LAWS, kind),
    )
    for kind in KINDS
}
WORDS = [
    *("anna", "anne", "hanna", "a", "ab", "smith", "smyth", "schmidt", "robert", "roberta"),
    *("1980-02-03", "1980-03-02", "1980-02-04", "1981-02-03", "1980", "1981", "02", "03", "04"),
    *("12345", "12346", "123", "1234567", "1234568", "1234576", "7654321", "2234567"),
    *("anna@x.example", "anna@y.example", "anne@x.example", "anna.s@x.example", "crm", "crm:1"),
    *("main st 5", "main st 6", "maine st 5", "main st 5 apt 2", "acme", "acme tools", "zoë 日本"),
    *("A123", "A124", "A120", "A100", "B100", "00012345", "00012354"),
    *("user_id:u1", "user_id:u2", "loyalty_id:l1", "loyalty_id:l2"),
]


def _columns(kind: str) -> pl.DataFrame:
    """Return the schema of normalised records: one record, whatever its values."""
    row = {"record_id": "a", "given_name": "Ada"} if kind == "person" else {"record_id": "a"}
    records = conform(pl.DataFrame([row]))
    with closing(scratch()) as connection:
        return normalise(records, connection, traits=Traits(extras=EXTRAS), key=b"k")[0]


def _random_records(kind: str, count: int, seed: int) -> pl.DataFrame:
    """Return records whose values are drawn from few words, so that every level is reached."""
    rng = random.Random(seed)  # noqa: S311 - test data
    schema = _columns(kind).schema

    def value(of: Any) -> Any:
        if of == pl.Boolean:
            return rng.random() < 0.3
        if rng.random() < 0.25:
            return None
        if isinstance(of, pl.List):
            inner = of.inner
            return [value(inner) or _least(inner) for _ in range(rng.choice((1, 1, 2, 4)))]
        if isinstance(of, pl.Struct):
            return {field.name: value(field.dtype) for field in of.fields}
        return rng.choice(WORDS)

    def _least(of: Any) -> Any:
        return "a" if of == pl.String else value(of)

    drawn = {
        name: [value(of) for _ in range(count)]
        for name, of in schema.items()
        if name not in {"unique_id", "record_id"}
    }
    numbers = pl.DataFrame(
        {"unique_id": range(count), "record_id": [f"r{n}" for n in range(count)]},
        schema={"unique_id": schema["unique_id"], "record_id": pl.String},
    )
    types = {name: of for name, of in schema.items() if name in drawn}
    return pl.concat([numbers, pl.DataFrame(drawn, schema=types)], how="horizontal")


def _batch(
    columns: pl.DataFrame, comparisons: tuple[Comparison, ...], pairs: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    with closing(scratch()) as connection:
        connection.register("frame", columns)
        connection.execute("create table pairing as from frame")
        return Vectoriser(connection, "pairing", comparisons).vectors(*pairs)


def _pairs(count: int, wanted: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, count, (wanted, 2))
    drawn = np.unique(np.sort(drawn[drawn[:, 0] != drawn[:, 1]], axis=1), axis=0)
    return drawn[:, 0], drawn[:, 1]


def _values(path: Path, columns: pl.DataFrame, part: PartModel) -> Lookup:
    write_lookup(path, columns, part, About("person", "v1", len(columns)))
    return Lookup(path, part.plan, part.latent.comparisons)


def test_every_identifier_that_is_compared_can_weigh() -> None:
    assert set(HEAVY) == set(COLUMNS)


@pytest.mark.parametrize("kind", EVERY)
def test_every_comparison_compiles(kind: PartyType) -> None:
    compiled(EVERY[kind])
    assert set(compared_columns(EVERY[kind])) <= set(_columns(kind).columns)


@pytest.mark.parametrize("kind", EVERY)
def test_vectors_are_the_batchs_at_every_level(kind: PartyType, tmp_path: Path) -> None:
    comparisons = EVERY[kind]
    columns = _random_records(kind, 700, 11)
    pairs = _pairs(len(columns), 30_000, 3)
    expected = _batch(columns, comparisons, pairs)
    part = _with(_model().parts["person"], comparisons)
    lookup = _values(tmp_path / "lookup", columns, part)
    values = [lookup.values(number) for number in range(len(lookup))]
    made = compiled(comparisons)
    levels = [made(one) for one in values]
    found = [[level(values[b]) for level in levels[a]] for a, b in zip(*pairs, strict=True)]
    assert np.array_equal(np.array(found, np.int8), expected)
    unreached = {
        f"{comparison.name} {level}"
        for place, comparison in enumerate(comparisons)
        for level in range(-1, comparison.size)
        # what is not shared, and what does not contradict, is nothing to compare
        if (comparison.name, level) not in {(LAW, 0), (NUMBER.name, 0)}
        and not (expected[:, place] == level).any()
    }
    assert not unreached


def _with(part: PartModel, comparisons: tuple[Comparison, ...]) -> PartModel:
    return replace(
        part,
        latent=replace(part.latent, comparisons=comparisons),
        plan=replace(part.plan, rules=()),
    )


def _model() -> Model:
    return governed(crowd_model(), LAWS)


def test_terms_and_log_odds_are_the_batchs(tmp_path: Path) -> None:
    model = _model()
    part = model.parts["person"]
    latent = part.latent
    records = conform(crowd(seed=6)[0])
    with closing(scratch()) as connection:
        columns, _ = normalise(records, connection, traits=part.traits, key=model.key)
    pairs = _pairs(len(columns), 3000, 5)
    vectors = _batch(columns, latent.comparisons, pairs)
    hashed = {name: hashed_values(columns[name], model.key) for name in part.terms}
    terms = Terms(columns, part.terms, hashed).matrix(latent.comparisons, vectors, *pairs)
    assert terms.any()
    expected = judge(latent, vectors, terms)
    lookup = _values(tmp_path / "lookup", columns, part)
    values = [lookup.values(number) for number in range(len(lookup))]
    scorer = Scorer(latent.comparisons, part.terms, model.key)
    prepared = tables(latent)
    for row, (a, b) in enumerate(zip(*pairs, strict=True)):
        mine, own = scorer.compare(values[a], [values[b]])
        assert np.array_equal(mine[0], vectors[row])
        assert np.array_equal(own[0], terms[row])
        verdict = judge_by(prepared, mine, own)
        assert abs(verdict.log_odds[0] - expected.log_odds[row]) < 1e-9
        assert verdict.innocent[0] == expected.innocent[row]


def test_no_record_is_left_out_whose_log_odds_exceed_the_limit(tmp_path: Path) -> None:
    model = _model()
    part = model.parts["person"]
    records = conform(crowd(seed=6)[0])
    with closing(scratch()) as connection:
        columns, _ = normalise(records, connection, traits=part.traits, key=model.key)
    lookup = _values(tmp_path / "lookup", columns, part)
    values = [lookup.values(number) for number in range(len(lookup))]
    scorer = Scorer(part.latent.comparisons, part.terms, model.key)
    prepared = tables(part.latent)
    sieve = Sieve(scorer, prepared)
    shares = []
    for one in values[::9]:
        vectors, terms = scorer.compare(one, values)
        odds = judge_by(prepared, vectors, terms).log_odds
        for above in (-8.0, 0.0):
            places, passed = sieve.passed(one, values, above)
            assert set(np.flatnonzero(odds > above).tolist()) <= set(places)
            assert passed == vectors[places].tolist()
            shares.append(len(places) / max(int((odds > above).sum()), 1))
    assert np.mean(shares) < 4  # most of what is left out need not have been compared wholly


def test_log_odds_are_the_batchs_in_every_class() -> None:
    part = _model().parts["person"]
    latent = part.latent
    rng = np.random.default_rng(2)
    sizes = [comparison.size for comparison in latent.comparisons]
    vectors = np.stack([rng.integers(-1, size, 40_000) for size in sizes], axis=1).astype(np.int8)
    terms = np.zeros(vectors.shape, np.float32)
    expected = judge(latent, vectors, terms)
    prepared = tables(latent)
    found = [judge_by(prepared, vectors[n : n + 1], terms[n : n + 1]) for n in range(0, 40_000, 20)]
    odds = np.concatenate([one.log_odds for one in found])
    assert np.abs(odds - expected.log_odds[::20]).max() < 1e-9
    assert len(set(expected.innocent.tolist())) > len(latent.classes) / 2


def test_candidates_are_the_records_of_shared_blocks(tmp_path: Path) -> None:
    model = _model()
    part = model.parts["person"]
    records = conform(crowd(persons=80, seed=8)[0])
    with closing(scratch()) as connection:
        columns, _ = normalise(records, connection, traits=part.traits, key=model.key)
    lookup = _values(tmp_path / "lookup", columns, part)
    rows = pl.concat([columns, variants(columns)]).to_dicts()
    for number in range(0, len(columns), 7):
        mine = [row for row in rows if row["unique_id"] == number]
        found, rules = lookup.candidates(mine)
        expected = _sharing(mine, rows, part)
        assert set(found.tolist()) == expected
        assert rules > 0
        assert lookup.number_of(mine[0]["record_id"]) == number
    assert lookup.number_of("nobody") is None


def _sharing(mine: list[Any], rows: list[Any], part: PartModel) -> set[int]:
    """Return the records that agree with one on the columns of some rule, full blocks left out."""
    found: set[int] = set()
    for rule in part.plan.rules:
        blocks: dict[tuple[str, ...], set[int]] = {}
        for row in rows:
            for key in _keys(row, rule.columns):
                blocks.setdefault(key, set()).add(row["unique_id"])
        for row in mine:
            for key in _keys(row, rule.columns):
                if len(blocks[key]) < part.plan.block_cap:
                    found |= blocks[key]
    return found


def _keys(row: Any, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    keys: list[tuple[str, ...]] = [()]
    for column in columns:
        value = row[column]
        values = value if isinstance(value, list) else [value]
        keys = [(*key, item) for key in keys for item in values if item is not None]
    return keys
