"""Records with several names, addresses, dates: compared value by value, either way round alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.identity.assemble import records_of
from cdp.identity.comparisons import Comparison, chosen_comparisons
from cdp.identity.facets import MAX_VALUES, variants
from cdp.identity.normalise import normalise
from cdp.identity.records import conform
from cdp.identity.scorer import compiled
from cdp.identity.traits import Traits
from cdp.identity.vectors import Vectoriser
from cdp.store import scratch

PERSON = chosen_comparisons(lambda _: True, is_organisation=False, extras=())
FIRM = chosen_comparisons(lambda _: True, is_organisation=True, extras=())
COMPILED = {comparisons: compiled(comparisons) for comparisons in (PERSON, FIRM)}
CONNECTION = scratch()
TABLE = "several"


def columns_of(rows: list[Mapping[str, object]]) -> pl.DataFrame:
    cells = [{k: v if v is None else str(v) for k, v in row.items()} for row in rows]
    table = pl.DataFrame(cells, infer_schema_length=None)
    records = conform(
        records_of(table.select(pl.all().cast(pl.String)), None).with_columns(
            record_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(4)
        )
    )
    found, _ = normalise(records, CONNECTION, traits=Traits(), key=b"")
    return found


class Row:
    """A normalised record as the scorer reads it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


def compare(comparisons: tuple[Comparison, ...], one: object, other: object) -> list[int]:
    """Return the comparison vector of two records."""
    return [level(other) for level in COMPILED[comparisons](one)]


def levels(
    one: Mapping[str, object],
    other: Mapping[str, object],
    comparisons: tuple[Comparison, ...] = PERSON,
) -> dict[str, str]:
    """Return the level of every comparison of two records, checked both ways round."""
    left, right = (Row(row) for row in columns_of([one, other]).iter_rows(named=True))
    found = compare(comparisons, left, right)
    assert found == compare(comparisons, right, left)
    return {c.name: _label(c, level) for c, level in zip(comparisons, found, strict=True)}


def _label(comparison: Comparison, level: int) -> str:
    labels = ["null", "differs", *(found.label for found in reversed(comparison.levels))]
    return labels[level + 1]


BERG = {"given_name": "Anna", "family_name": "Berg"}
ALIAS = BERG | {"maiden_name": "Schmidt"}


Fields = Mapping[str, object]
CASES: tuple[tuple[Fields, Fields, Mapping[str, str]], ...] = (
    (ALIAS, {"name": "Anna Schmidt"}, {"given": "exact", "family": "exact"}),
    (ALIAS, BERG, {"given": "exact", "family": "exact"}),
    (ALIAS, {"name": "Otto Schmidt"}, {"given": "differs", "family": "differs"}),
    (
        {"name": "Anna Berg; Eva Schmidt"},
        {"name": "Eva Berg"},
        {"family": "exact", "given": "differs"},
    ),
    ({"name": "Madonna"}, {"family_name": "Madonna"}, {"given": "crossed", "family": "null"}),
    ({"name": "Madonna"}, {"name": "Eva Madonna"}, {"given": "crossed"}),
    (
        {"name": "Anna Berg; Berg Anna"},
        {"name": "Berg Anna"},
        {"given": "exact", "family": "null"},
    ),
    (
        {"birth_date": "1980-02-03; 1980-03-02"},
        {"birth_date": "1980-03-02"},
        {"birth_date": "exact"},
    ),
    (
        {"street": "Ring 1; Main Road 5", "city": "Ulm; Bonn"},
        {"street": "5 Main Road", "city": "Bonn"},
        {"address": "street_and_place"},
    ),
    (
        {"street": "Ring 1; Main Road 5", "city": "Ulm; Bonn"},
        {"street": "Ring 1", "city": "Bonn"},
        {"address": "street"},
    ),
    (
        {"street": "Ring 1", "city": "Ulm", "work_street": "Main Road 5", "work_city": "Bonn"},
        {"street": "Main Road 5", "city": "Bonn"},
        {"address": "street_and_place"},
    ),
    ({"ssn": "123456789|987654321"}, {"ssn": "987654321"}, {"national_id": "exact"}),
    (
        BERG | {"employer": "Acme GmbH; Globex Inc"},
        BERG | {"company": "Globex"},
        {"employer": "exact"},
    ),
    (
        {"email": "a@x.de", "extra": '[{"type": "email", "value": "b@y.de"}]'},
        {"email": "b@y.de"},
        {"email": "exact"},
    ),
    (
        BERG | {"extra": json.dumps([{"kind": "alias", "name": "Nan Schmidt"}])},
        {"name": "Nan Schmidt"},
        {"given": "exact", "family": "exact"},
    ),
    (
        {"extra": '{"name": {"given": ["Peter", "James"], "family": "Chalmers"}}'},
        {"name": "James Chalmers"},
        {"given": "exact", "family": "exact"},
    ),
    (
        {"extra": '[{"system": "crm", "id": "77"}]'},
        {"other_ids": "crm:77"},
        {"other_ids": "exact"},
    ),
    ({"other_ids": "crm:77"}, {"other_ids": "crm:78"}, {"other_ids": "differs"}),
)


@pytest.mark.parametrize(("one", "other", "expected"), CASES)
def test_the_best_pair_of_whole_values_decides(
    one: dict[str, object], other: dict[str, object], expected: dict[str, str]
) -> None:
    found = levels(one, other)
    assert {name: found[name] for name in expected} == expected


def test_splink_sees_the_same_levels_from_either_side() -> None:
    frame = columns_of([record for case in CASES for record in case[:2]])
    CONNECTION.register("frame", frame)
    CONNECTION.execute(f"create or replace table {TABLE} as from frame")
    vectoriser = Vectoriser(CONNECTION, TABLE, PERSON)
    left, right = np.triu_indices(len(frame), 1)
    forth, back = vectoriser.vectors(left, right), vectoriser.vectors(right, left)
    assert (forth == back).all()
    rows = [Row(row) for row in frame.iter_rows(named=True)]
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    assert forth.tolist() == [compare(PERSON, rows[one], rows[other]) for one, other in pairs]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Acme Store 12", "Acme Store 12 GmbH", "exact"),
        ("Acme Store 12", "Acme Store 13", "differs"),
        ("Acme", "Acme Store 13", "near"),
        ("Hilton Berlin", "Hilton Munich", "some"),
        ("Globex", "Initech; Globex Ltd", "exact"),
        ("Globex", "Initech", "differs"),
    ],
)
def test_sites_of_one_organisation_are_no_spellings_of_it(one: str, other: str, level: str) -> None:
    assert levels({"company": one}, {"company": other}, FIRM)["organisation"] == level


names = st.sampled_from(["Anna Berg", "Eva Schmidt", "A. Berg", "Berg", "Jörg van der Weiß", ""])
dates = st.sampled_from(["1980-02-03", "3.2.1980", "1980", "1980-03-02", ""])
places = st.sampled_from(["Ring 1", "1 Ring", "Main Road 5", "Main Rd. 6", ""])
cities = st.sampled_from(["Ulm", "Bonn", ""])


def listed(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=3).map(";".join)


records = st.fixed_dictionaries(
    {
        "name": listed(names),
        "birth_date": listed(dates),
        "street": listed(places),
        "city": listed(cities),
        "email": listed(st.sampled_from(["anna@x.de", "ana@x.de", "anna@y.de"])),
        "company": listed(st.sampled_from(["Acme GmbH", "Acme 12", "Globex"])),
        "ssn": listed(st.sampled_from(["123456789", "123456780", "55"])),
    }
)
relaxed = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@given(records, records)
@relaxed
def test_comparing_is_symmetric(one: dict[str, object], other: dict[str, object]) -> None:
    left, right = (Row(row) for row in columns_of([one, other]).iter_rows(named=True))
    assert compare(PERSON, left, right) == compare(PERSON, right, left)


@given(records)
@relaxed
def test_a_record_agrees_with_itself_on_all_it_has(one: dict[str, object]) -> None:
    (row,) = (Row(row) for row in columns_of([one]).iter_rows(named=True))
    found = compare(PERSON, row, row)
    exact = {c.name: (level, c.size - 1) for c, level in zip(PERSON, found, strict=True)}
    for name in ("family", "email", "national_id"):
        level, best = exact[name]
        assert level in {-1, best}


@given(records)
@relaxed
def test_normalising_what_is_normal_changes_nothing(one: dict[str, object]) -> None:
    plain = {"given": "given_name", "middle": "middle_name", "family": "family_name"}
    kept = (*plain, "street", "city", "birth_date", "national_id", "company")
    once = columns_of([one])
    again = columns_of(
        [
            {plain.get(name, name): once[name][0] for name in kept}
            | {"middle_name": once["middle"][0]}
        ]
    )
    assert again.select(kept).to_dicts() == once.select(kept).to_dicts()


def test_every_name_is_blocked_on_with_every_other_part() -> None:
    columns = columns_of(
        [
            {"name": "Anna Berg; Eva Schmidt", "city": "Ulm;Bonn;Kiel"},
            {"name": "Otto Lang", "city": "Ulm"},
        ]
    )
    rows = variants(columns)
    assert rows.select("unique_id", "given", "city").rows() == [
        (0, "eva", "bonn"),
        (0, "anna", "kiel"),
    ]


def test_endless_lists_are_cut() -> None:
    text = ";".join(f"Anna B{chr(97 + n)}erg" for n in range(20))
    columns = columns_of([{"name": text}])
    assert columns["names"].list.len().to_list() == [MAX_VALUES]
