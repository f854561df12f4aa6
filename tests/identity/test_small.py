"""A single record is read by small tables as polars reads it, whatever is in it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.identity.arrival import FieldError, Reader
from cdp.identity.artefact import Model
from cdp.identity.blocking import Rule
from cdp.identity.normalise import normalise
from cdp.identity.records import conform
from cdp.identity.small import polars as small_polars
from cdp.identity.small.beyond import BeyondSmallError
from cdp.identity.small.text import pattern, replacing
from cdp.store import scratch
from identity_crowd import crowd, crowd_model

CASES: list[dict[str, Any]] = [
    {"email": "x@y.de"},
    {"given_name": "Anna", "family_name": "Müller", "email": "Anna.M+tag@x.de"},
    {"full_name": "Dr. Smith, John A", "company": "ACME Ltd", "phone": "030 1234567"},
    {"phones": ["030 1234567", "+49 30 1234568"], "email": "a@b.de;c@d.de"},
    {"company": "Foo GmbH 12", "city": "Köln", "street": "Hauptstraße 5", "postcode": "50667"},
    {"first": "Иван", "last": "Петров", "dob": "03.02.80"},
    {"name": "山田太郎", "birth_date": "1980年2月3日"},
    {"name": "Anna Schmidt", "work_street": "Main Road 5", "work_city": "Paris", "city": "Rome"},
    {"given_name": "Anna", "maiden_name": "Schmidt", "family_name": "Berg", "email_2": "z@q.com"},
    {"full_name": "Vova Petrov | Vladimir Petrov", "gender": "männlich", "ssn": "12-34 5"},
    {"given_name": "Ada", "shoe_size": 43, "loyalty number": "A 12", "newsletter": True},
    {"given_name": "Ada", "a.b": "x", "Größe in cm": "180", "c[0]": "y", "d": "", "1": "z"},
    {"record_id": "crm:7", "source": "crm", "given_name": "Ada", "other_ids": ["shop:9"]},
    {"family_name": "  ", "given_name": "\x1f", "email": "no mail", "phone": "123"},
    {"birth_date": "31/12/1980", "source": "shop", "given_name": "Zoë-Marie"},
    {"full_name": "Muster GmbH"},
    {"given_name": "Ada", "record_id": " ", "source": "crm"},
    {"given_name": ["Ada", "Bea"], "birth_date": ["1980-02-03", "3.2.80"], "id": ["", "7"]},
    {"given_name": "Ada", "phone": '["030 1234567", "030 1234568"]'},
]
NEVER_SMALL: list[dict[str, Any]] = [
    {"given_name": "Ada", "extra": '{"age": 7}'},
    {"given_name": "Ada", "hobby": "[" * 900, "extra": '{"a":' * 300 + "1" + "}" * 300},
    {"name": "Ada Berg", "extra": '{"hobby": "chess", "first name": "Bea", "last": "Ray"}'},
]
TEXT = st.text(
    st.sampled_from("aAbB zZäßéñ.,;|-'/&+@0123456789()日本ивÉ\u0301\x1f\u00a0"), max_size=24
)
FIELDS = [
    *("given_name", "family_name", "full_name", "middle_name", "birth_date", "gender", "email"),
    *("phone", "street", "city", "postcode", "country", "company", "national_id", "other_ids"),
    *("work_email", "shipping_street", "hobby"),
]
ANY_FIELDS = [
    *FIELDS,
    *("name", "first", "last", "maiden name", "dob", "ssn", "id", "unique_id", "uid", "source"),
    *("extra", "emails", "email_2", "phones", "addresses[0].city", "house_number", "", "a.b"),
    *("part", "key", "value", "text", "literal", "order", "names", "ids", "entity_type"),
]
PIECES = st.sampled_from(
    [
        *('{"a": "b"}', '{"a": 1}', '["a", "b"]', '{"emails": [{"value": "x@y.de"}]}', "null"),
        *('{"first name": "Bea", "last": "Ray"}', '{"a":"b","a":"c"}', '{"": "x"}', "9" * 30),
        *("Dr.", "Smith, John A", "a;b|c", "31.02.1999", "+49 30 1234567", "GmbH", "  "),
        *("1e999", "\u200d", "\ufeff", "\x00", "\U0001f600", "İ", "ǅ", "$1", "\\"),
    ]
)
ANY_TEXT = TEXT | st.lists(PIECES, max_size=3).map(" ".join) | st.text(max_size=8)
ANY_CELL = ANY_TEXT | st.lists(ANY_TEXT, min_size=1, max_size=3)


@pytest.fixture(scope="module")
def reader() -> Reader:
    """Return a reader of a model that reads every column, so that every one is compared."""
    model = crowd_model()
    part = model.parts["person"]
    with closing(scratch()) as connection:
        columns, _ = normalise(conform(crowd()[0]), connection, traits=part.traits, key=b"secret")
    plan = replace(part.plan, rules=(*part.plan.rules, Rule(tuple(columns.columns), 0)))
    return Reader(replace(model, parts={"person": replace(part, plan=plan)}), scratch())


def _same(reader: Reader, fields: dict[str, Any]) -> None:
    cells = {
        name: value if isinstance(value, list) else str(value) for name, value in fields.items()
    }
    assert reader.read_small(cells) == reader.read_whole(cells)


@pytest.mark.parametrize("fields", CASES, ids=str)
def test_cases(reader: Reader, fields: dict[str, Any]) -> None:
    _same(reader, fields)


@pytest.mark.parametrize("fields", CASES, ids=str)
def test_cases_by_a_program_of_their_own(reader: Reader, fields: dict[str, Any]) -> None:
    _same(reader, fields | {"hobby": ""})


@given(st.dictionaries(st.sampled_from(FIELDS), TEXT, min_size=1, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_given(reader: Reader, fields: dict[str, str]) -> None:
    _same(reader, fields)


@given(st.dictionaries(st.sampled_from(ANY_FIELDS), ANY_CELL, min_size=1, max_size=6))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_too_much_is_said_so(reader: Reader, fields: dict[str, Any]) -> None:
    try:
        found = reader.read_small(fields)
    except BeyondSmallError:
        reader.read_whole(fields)
    else:
        assert found == reader.read_whole(fields)


@pytest.mark.parametrize("fields", NEVER_SMALL, ids=str)
def test_what_small_tables_leave_to_polars(reader: Reader, fields: dict[str, Any]) -> None:
    with pytest.raises(BeyondSmallError):
        reader.read_small(fields)
    assert reader.read(fields).arrival is not None


@pytest.mark.parametrize(
    "unknown",
    [
        lambda tables: tables.scan_csv("x"),
        lambda tables: tables.col("a").rolling_mean(2),
        lambda tables: tables.col("a").str.to_titlecase(),
        lambda tables: tables.col("a").list.sample(),
        lambda tables: tables.col("a").struct.unnest(),
        lambda tables: tables.col("a").cast(small_polars.Float64),
        lambda tables: tables.DataFrame({"a": [1]}).pivot("a"),
        lambda tables: tables.DataFrame({"a": [1]}).group_by("a").len(),
    ],
)
def test_a_word_that_is_not_known_is_beyond(unknown: Callable[[Any], object]) -> None:
    with pytest.raises(BeyondSmallError):
        unknown(small_polars)


def test_records_of_the_crowd(reader: Reader) -> None:
    records = crowd(persons=20, seed=9)[0]
    for row in records.to_dicts():
        _same(reader, {name: value for name, value in row.items() if value})


def test_what_small_tables_do_not_know_is_read_by_polars(reader: Reader) -> None:
    fields = {"given_name": "Ada", "extra": '{"emails": [{"value": "ada@x.example"}]}'}
    read = reader.read(fields)
    assert read.arrival is not None
    assert read.arrival.values.emails == ["ada@x.example"]


def test_a_record_without_an_id_has_no_id_of_its_own(reader: Reader) -> None:
    read = reader.read({"given_name": "Ada", "source": "crm"})
    assert read.arrival is not None
    assert read.arrival.rows[0]["ids"] == []
    assert read.read_as == {"given_name": "given_name", "source": "source"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "record"),
        ({"email": None}, "record"),
        ({"email": {"a": 1}}, "email"),
        ({"email": ["a@b.de", "\udcff@b.de"]}, "email"),
        ({"e\udcff": "a@b.de"}, "'e\\udcff'"),
    ],
)
def test_the_field_that_cannot_be_read_is_named(
    reader: Reader, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(FieldError) as caught:
        reader.read(fields)
    assert caught.value.field == field


def test_a_model_without_the_party_type_knows_nobody_like_it(reader: Reader) -> None:
    read = reader.read({"company": "ACME GmbH"})
    assert read.party_type == "organisation"
    assert read.arrival is None


def test_patterns_are_rusts_not_pythons() -> None:
    assert pattern(r"a$").search("a\n") is None
    assert pattern(r"^\s$").search("\x1f") is None
    assert pattern(r"[\s・]").search("\u3000") is not None
    assert pattern(r"^[\p{Han}]$").search("山") is not None
    assert (
        replacing(r"^(\D+) (\d+)$", "$2 ${1}", literal=False, count=1)("main st 5") == "5 main st"
    )


def test_a_connection_is_not_needed_for_plain_records() -> None:
    with closing(scratch()) as connection:
        reader = Reader(Model(), connection)
    assert reader.read({"given_name": "Ada"}).arrival is None
