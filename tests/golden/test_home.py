"""Which spellings of a home and a family name are one."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.golden.home import family_key, keys, place_key, street_key

SAME_STREET = [
    ("Hauptstraße 5", "Hauptstr. 5"),
    ("Hauptstrasse 5", "Haupt Str. 5"),
    ("13 Victoria Road", "Victoria Rd 13"),
    ("Springfield Avenue 7", "springfield ave. 7"),
    ("Rue des Pêcheurs 1", "rue des Pecheurs 1"),
    ("Erlenring 59 a", "Erlenring 59A"),
    ("Ахорнвег 3", "Akhornveg 3"),
]
OTHER_STREET = [
    ("Hauptstraße 5", "Hauptstraße 6"),
    ("Hauptstraße 5", "Hauptweg 5"),
    ("Erlenring 59", "Erlenring 59a"),
    ("Erlenring 1 2", "Erlenring 12"),
]
SAME_NAME = [
    ("Müller", "MUELLER"),
    ("Müller", "Muller"),
    ("Woźniak", "Wozniak"),
    ("Kowalski", "Kowalska"),
    ("Chavov", "Chavova"),
    ("Papadakis", "Papadaki"),
    ("Dimitropoulos", "Dimitropoulou"),
    ("de Vries", "De Vries"),
    ("O'Neill", "ONeill"),
]


@pytest.mark.parametrize(("one", "other"), SAME_STREET)
def test_one_street(one: str, other: str) -> None:
    assert street_key(one) == street_key(other)


@pytest.mark.parametrize(("one", "other"), OTHER_STREET)
def test_two_streets(one: str, other: str) -> None:
    assert street_key(one) != street_key(other)


@pytest.mark.parametrize(("one", "other"), SAME_NAME)
def test_one_family_name(one: str, other: str) -> None:
    assert family_key(one) == family_key(other)


def test_two_family_names() -> None:
    assert len({family_key(name) for name in ("Maes", "Peeters", "Costa", "Nova", "")}) == 5


@given(st.text())
def test_keys_do_not_depend_on_case_or_marks_around(text: str) -> None:
    assert place_key(f" {text}. ") == place_key(text)
    assert place_key(place_key(text)) == place_key(text)


def test_keys_are_of_distinct_values() -> None:
    home = {"family_name": "Maes", "street": "Main Street 1", "place": "B1 1AA"}
    found = keys(pl.DataFrame([home, home]))
    assert found.rows() == [("Maes", "Main Street 1", "B1 1AA", "mas", "mainst 1", "b11aa")]
