"""Blocking, extra attributes, placeholders, frequencies: what becomes evidence, and what not."""

import numpy as np
import polars as pl
import pytest

from cdp.identity.blocking import has_data
from cdp.identity.classes import CLASSES, known_classes
from cdp.identity.comparisons import Comparison, chosen_comparisons
from cdp.identity.documents import read_documents
from cdp.identity.extras import attributes, chosen_keys
from cdp.identity.fields import field_of, id_rank
from cdp.identity.frequencies import Terms, hashed_values, term_table
from cdp.identity.further import merged
from cdp.identity.normalise import normalise
from cdp.identity.placeholders import placeholder_dates, placeholders
from cdp.identity.records import conform
from cdp.identity.resolve import resolve
from cdp.identity.vectors import Vectoriser
from cdp.store import scratch
from identity_crowd import crowd


def extras(*texts: str | None) -> pl.DataFrame:
    frame = conform(
        pl.DataFrame(
            {"record_id": [str(i) for i in range(len(texts))], "extra": texts},
            schema={"record_id": pl.String, "extra": pl.String},
        )
    )
    return frame.with_row_index("uid")


def test_extra_may_be_text_an_object_or_an_array_of_objects() -> None:
    frame = extras(
        "chess", '{"a": 1, "b": null}', '[{"dob": "1980"}, {"email": ["x@y.z", "q@y.z"]}]', None
    )
    cells = read_documents(frame.select("uid", text="extra"), scratch())
    assert cells.drop("part").rows() == [
        (0, "extra", "chess"),
        (1, "a", "1"),
        (2, "dob", "1980"),
        (2, "email", "x@y.z"),
        (2, "email", "q@y.z"),
    ]
    full, rest = merged(frame, cells)
    assert full["birth_date"].to_list() == [None, None, "1980", None]
    assert full["emails"].to_list()[2] == ["x@y.z", "q@y.z"]
    assert rest["key"].to_list() == ["extra", "a"]


def test_extras_are_kept_when_filled_varied_and_no_copy() -> None:
    count = 40
    core = pl.DataFrame({"uid": range(count), "given": [f"name{i % 5}" for i in range(count)]})
    core = core.with_columns(pl.col("uid").cast(pl.UInt32))

    def column(key: str, values: list[str]) -> pl.DataFrame:
        return pl.DataFrame({"uid": range(count), "key": [key] * count, "value": values})

    cells = pl.concat(
        [
            column("good", [f"v{i % 4}" for i in range(count)]),
            column("constant", ["same"] * count),
            column("unique", [f"u{i}" for i in range(count)]),
            column("copy", [f"{i % 5}name" for i in range(count)]),
        ]
    ).with_columns(pl.col("uid").cast(pl.UInt32))
    assert chosen_keys(attributes(cells), core) == ("good",)


def test_a_value_of_too_many_surnames_is_a_placeholder() -> None:
    surname = pl.DataFrame({"uid": range(20), "surname": [f"{chr(97 + i)}xyz" for i in range(20)]})
    shared = pl.DataFrame({"uid": range(20), "value": ["none@x.de"] * 12 + ["family@x.de"] * 8})
    assert placeholders(shared, surname).to_list() == ["none@x.de"]
    assert placeholder_dates(shared, surname).to_list() == ["none@x.de"]


def test_the_traits_of_the_data_are_found_and_applied() -> None:
    frame, _ = crowd(60)
    frame = frame.with_columns(
        emails=pl.when(pl.col("source") == "shop")
        .then(pl.concat_list(pl.lit("noreply@shop.example")))
        .otherwise("emails"),
        birth_date=pl.when(pl.col("source") == "shop")
        .then(pl.lit("1900-01-01"))
        .otherwise("birth_date"),
    )
    columns, traits = normalise(conform(frame), scratch(), traits=None, key=b"k")
    assert len(traits.placeholders["emails"]) == 1
    assert len(traits.placeholders["birth_date"]) == 1
    assert columns.filter(pl.col("source") == "shop")["emails"].null_count() == 60
    assert columns.filter(pl.col("source") == "shop")["birth_date"].null_count() == 60
    again, same = normalise(conform(frame), scratch(), traits=traits, key=b"k")
    assert again.equals(columns)
    assert same == traits


def test_a_rare_value_weighs_more_than_a_common_one() -> None:
    frame = pl.DataFrame(
        {
            "unique_id": range(6),
            "given": ["ann", "ann", "ann", "ann", "zoe", "zoe"],
            "emails": [["a", "r"], ["a", "r"], ["a"], ["a"], ["z"], None],
        }
    )
    hashed = {name: hashed_values(frame[name], b"k") for name in ("given", "emails")}
    terms = Terms(frame, {name: term_table(values) for name, values in hashed.items()}, hashed)
    compared = chosen_comparisons(
        lambda name: name in {"given", "emails"}, is_organisation=False, extras=()
    )
    vectors = np.array([[6, 3], [6, 3], [6, -1]], np.int8)
    matrix = terms.matrix(compared, vectors, np.array([0, 2, 4]), np.array([1, 3, 5]))
    assert matrix[0, 0] == matrix[1, 0] > matrix[2, 0]
    assert matrix[0, 1] < matrix[1, 1]
    assert matrix[2, 1] == 0


LEVELS = [
    ("given", {"given": "anna"}, {"given": "anna"}, "exact"),
    ("given", {"given": "bob", "nicknames": ["bob", "robert"]},
     {"given": "robert", "nicknames": ["robert"]}, "nickname"),
    ("given", {"given": "a"}, {"given": "anna"}, "initial"),
    ("given", {"given": "annna"}, {"given": "anna"}, "near"),
    ("given", {"given": "smith", "family": "anna"}, {"given": "anna", "family": "smith"},
     "crossed"),
    ("given", {"given": "anna"}, {"given": "bob"}, None),
    ("family", {"given": "smith", "family": "anna"}, {"given": "anna", "family": "smith"}, "null"),
    ("email", {"emails": ["a@x.de", "b@x.de"]}, {"emails": ["b@x.de"]}, "exact"),
    ("email", {"emails": ["anna.smith@x.de"]}, {"emails": ["zz@q.com", "anna.smlth@x.de"]},
     "near"),
    ("email", {"emails": ["a@x.de"], "locals": ["a"]}, {"emails": ["a@zzzzzzz.com"],
     "locals": ["a"]}, "local"),
    ("email", {"emails": ["a@x.de"]}, {"emails": None}, "null"),
    ("phone", {"phones": ["301234567"]}, {"phones": ["301234568", "99"]}, "near"),
    ("birth_date", {"birth_date": "1980-02-03"}, {"birth_date": "1980-02-03"}, "exact"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "left", "right", "label"), LEVELS)
def test_levels_by_example(
    name: str, left: dict[str, object], right: dict[str, object], label: str | None
) -> None:
    frame, _ = crowd(2)
    columns, _ = normalise(conform(frame), scratch(), traits=None, key=b"")
    base = columns.head(1).to_dicts()[0] | {
        "nicknames": None,
        "given_sound": None,
        "family": "stone",
    }
    rows = [base | {"unique_id": i} | change for i, change in enumerate((left, right))]
    connection = scratch()
    connection.register("v", pl.DataFrame(rows, schema=columns.schema))
    connection.execute("create table t as from v")
    everything = chosen_comparisons(lambda _: True, is_organisation=False, extras=())
    compared = next(c for c in everything if c.name == name)
    one, two = np.array([0]), np.array([1])
    forth = Vectoriser(connection, "t", (compared,)).vectors(one, two)
    back = Vectoriser(connection, "t", (compared,)).vectors(two, one)
    assert forth.tolist() == back.tolist() == [[_expected(compared, label)]]


@pytest.mark.parametrize("missing", ["given_name", "family_name"])
def test_half_a_name_is_compared_without_the_other_half(missing: str) -> None:
    frame, _ = crowd(20)
    halves = frame.with_columns(pl.lit(None, dtype=pl.String).alias(missing))
    found = resolve(halves, scratch())
    assert found.clusters["cluster"].n_unique() < len(frame)


def _expected(comparison: Comparison, label: str | None) -> int:
    if label == "null":
        return -1
    return 0 if label is None else comparison.gamma(label)


def test_only_what_has_data_is_compared() -> None:
    frame = pl.DataFrame({"given": ["a", "b"] * 10, "family": ["x"] * 20, "city": [None] * 20})
    assert has_data(frame) == {"given": True, "family": False, "city": False}
    address = chosen_comparisons(lambda n: n == "postcode", is_organisation=False, extras=())
    assert [c.name for c in address] == ["address"]
    assert {level.label for level in address[0].levels} == {"postcode", "area"}


def test_classes_follow_the_comparisons() -> None:
    everything = chosen_comparisons(lambda _: True, is_organisation=False, extras=())
    assert ("family", "address") in known_classes(everything)
    undated = tuple(c for c in everything if c.name != "birth_date")
    assert ("given", "family", "address") not in known_classes(undated)
    assert all(text for text in CLASSES.values())


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("First Name", "given_name"),
        ("e-mail", "emails"),
        ("DOB", "birth_date"),
        ("PLZ", "postcode"),
        ("SSN", "national_id"),
        ("shoe size", None),
    ],
)
def test_columns_are_known_by_their_synonyms(name: str, field: str | None) -> None:
    assert field_of(name) == field


def test_the_fields_own_name_comes_first() -> None:
    assert sorted(["mail", "id", "record_id"], key=id_rank) == ["record_id", "id", "mail"]
