"""An incoming record finds who it is, with the weights that a run over all records gives."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest

from cdp.identity.arrival import Reader
from cdp.identity.artefact import Model
from cdp.identity.lookup import About, Lookup, write_lookup
from cdp.identity.normalise import normalise
from cdp.identity.pooling import pool, pooled
from cdp.identity.records import conform
from cdp.identity.resolve import resolve
from cdp.realtime.judging import Judging
from cdp.realtime.resolver import Resolver, Wanted
from cdp.store import scratch
from identity_crowd import crowd

HELD = 6


@dataclass(frozen=True)
class Owners:
    """Clusters of a run as the assignment."""

    clusters: Mapping[str, str]

    def owner(self, kind: str, record_id: str) -> str | None:
        return self.clusters.get(record_id) if kind == "person" else None

    def records(self, owner: str) -> Sequence[str]:
        return sorted(record for record, own in self.clusters.items() if own == owner)


@dataclass(frozen=True)
class Known:
    """A base without some records, those records, and what a run over all of them says."""

    resolver: Resolver
    model: Model
    held: list[dict[str, Any]]
    edges: pl.DataFrame
    lookup: Lookup


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    records, _ = crowd(persons=90, seed=4)
    is_held = records["record_id"].is_in([f"shop:{n:03d}" for n in range(0, 90, HELD)])
    base, held = records.filter(~is_held), records.filter(is_held)
    with closing(scratch()) as connection:
        first = resolve(base, connection, model=Model(key=b"secret"))
        whole = resolve(records, connection, model=first.model)
        part = first.model.parts["person"]
        columns, _ = normalise(conform(base), connection, traits=part.traits, key=first.model.key)
    path = tmp_path_factory.mktemp("lookup") / "person.bin"
    write_lookup(path, columns, part, About("person", "v1", len(columns)))
    lookup = Lookup(path, part.plan, part.latent.comparisons)
    judging = Judging(part, lookup, first.model.key)
    clusters = dict(first.clusters.select("record_id", "cluster").iter_rows())
    reader = Reader(first.model, scratch())
    resolver = Resolver(reader, {"person": judging}, Owners(clusters), "v1")
    return Known(resolver, first.model, held.to_dicts(), whole.edges, lookup)


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value}


def test_a_record_finds_its_person_with_the_weight_of_a_run(known: Known) -> None:
    found = 0
    weights = {
        frozenset(pair): weight
        for *pair, weight in known.edges.select("record_l", "record_r", "match_weight").iter_rows()
    }
    for row in known.held:
        answer = known.resolver.resolve(_fields(row))
        assert answer.model == "v1"
        for candidate in answer.candidates:
            nearest = candidate.nearest
            pair = frozenset((row["record_id"], nearest.record_id))
            if pair in weights:
                assert abs(nearest.match_weight - weights[pair]) < 1e-6
                found += 1
            assert abs(sum(t.weight for t in nearest.weights) - nearest.match_weight) < 1e-6
        assert answer.verdict == "match"
        assert answer.candidates[0].nearest.record_id[-3:] == row["record_id"][-3:]
        assert not answer.create_advised
    assert found >= len(known.held)


def test_a_profile_is_judged_by_all_its_records(known: Known) -> None:
    row = known.held[0]
    answer = known.resolver.resolve(_fields(row))
    best = answer.candidates[0]
    part = known.model.parts["person"]
    judging = Judging(part, known.lookup, known.model.key)
    reader = Reader(known.model, scratch())
    arrival = reader.read(_fields(row)).arrival
    assert arrival is not None
    members = Owners({best.nearest.record_id: best.id}).records(best.id)
    numbers = [number for number in map(known.lookup.number_of, members) if number is not None]
    judged = judging.judge(arrival, numbers)
    expected = pooled(pool(part.latent), judged.vectors, judged.terms)
    assert best.records == len(numbers)
    assert np.abs(np.array(judging.weigh(judged, [0])) - expected).max() < 1e-9
    apart = judging.weigh(judging.judge(arrival, [*numbers, *numbers]), [0, len(numbers)])
    assert np.abs(np.array(apart) - expected).max() < 1e-9


def test_a_stranger_is_to_be_created(known: Known) -> None:
    fields = {
        "given_name": "Zebulon",
        "family_name": "Quartermaine",
        "email": "zq@elsewhere.example",
        "birth_date": "1901-05-06",
    }
    answer = known.resolver.resolve(fields)
    assert answer.verdict == "none"
    assert answer.create_advised
    assert answer.advice.startswith("create")


def test_too_little_to_search_by_is_said(known: Known) -> None:
    answer = known.resolver.resolve({"gender": "f"})
    assert answer.rules == 0
    assert not answer.create_advised
    assert answer.advice.startswith("give more")


def test_an_organisation_that_the_model_never_saw_is_nobody(known: Known) -> None:
    answer = known.resolver.resolve({"company": "ACME GmbH"})
    assert (answer.party_type, answer.candidates) == ("organisation", ())
    assert answer.create_advised


def test_as_many_candidates_as_wanted_and_none_below_the_minimum(known: Known) -> None:
    fields = {"family_name": "smith", "city": "Springfield", "street": "1 oak street"}
    many = known.resolver.resolve(fields, Wanted(20, 0.0))
    assert len(many.candidates) > 1
    weights = [candidate.match_weight for candidate in many.candidates]
    assert weights == sorted(weights, reverse=True)
    assert len(known.resolver.resolve(fields, Wanted(1, 0.0)).candidates) == 1
    likely = known.resolver.resolve(fields, Wanted(20, 0.5)).candidates
    assert all(c.probability >= 0.5 or c.verdict != "none" for c in likely)


def test_reasons_are_said_in_words(known: Known) -> None:
    answer = known.resolver.resolve(_fields(known.held[1]))
    reasons = answer.candidates[0].nearest.reasons()
    assert any(reason.startswith("e-mail: ") for reason in reasons)
    assert reasons[-1].startswith("weighed against it: ")
