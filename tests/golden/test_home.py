"""Which spellings of a home and a family name are one."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.golden.home import family_key, family_parts, keys, number, place_key, street

SAME_STREET = [
    ("Hauptstraße 5", "Hauptstr. 5"),
    ("Hauptstrasse 5", "Haupt Str. 5"),
    ("13 Victoria Road", "Victoria Rd 13"),
    ("Springfield Avenue 7", "springfield ave. 7"),
    ("Rue des Pêcheurs 1", "rue des Pecheurs 1"),
    ("Erlenring 59 a", "Erlenring 59A"),
    ("Ахорнвег 3", "Akhornveg 3"),
    ("R. Dumoulin 76", "76 Rue Dumoulin"),
    ("ул. Роза 131", "Roza 131"),
    ("Corso Europa 4", "C.so Europa 4"),
    ("Λεωφόρος Αθηνών 2", "Λεωφ. Αθηνών 2"),
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
    ("Tsvetkov", "Cvetkova"),
    ("Чавов", "Chavova"),
    ("Dimitropoulos", "Dimitropoulou"),
    ("de Vries", "De Vries"),
    ("O'Neill", "ONeill"),
]


@pytest.mark.parametrize(("one", "other"), SAME_STREET)
def test_one_street(one: str, other: str) -> None:
    assert street(one) == street(other)


@pytest.mark.parametrize(("one", "other"), OTHER_STREET)
def test_two_streets(one: str, other: str) -> None:
    assert street(one) != street(other)


@pytest.mark.parametrize(("one", "other"), SAME_NAME)
def test_one_family_name(one: str, other: str) -> None:
    assert family_key(one) == family_key(other)


def test_two_family_names() -> None:
    assert len({family_key(name) for name in ("Maes", "Peeters", "Costa", "Nova", "")}) == 5


@given(st.text())
def test_keys_do_not_depend_on_case_or_marks_around(text: str) -> None:
    assert place_key(f" {text}. ") == place_key(text)
    assert place_key(place_key(text)) == place_key(text)


NUMBERS = {
    "14": ("14", ""),
    "014 B": ("14b", ""),
    "14/3": ("14", "3"),
    "14-3": ("14", "3"),
    "14 Whg. 3": ("14", "3"),
    "Flat 3, 14": ("14", "3"),
    "14 ап. 3": ("14", "3"),
    "none": ("", ""),
}


@pytest.mark.parametrize("text", NUMBERS)
def test_house_and_flat(text: str) -> None:
    assert number(text) == NUMBERS[text]


def test_a_street_may_hold_number_and_flat() -> None:
    assert street("Main Street 14 Flat 3") == street("Flat 3, 14 Main St.") == ("mainst", "14", "3")


def test_halves_of_a_double_name() -> None:
    assert set(family_parts("Meier-Schulz")) == {family_key("Meier"), family_key("Schulz")}
    assert family_parts("van der Berg") == [family_key("Berg")]


def test_keys_are_of_distinct_values_of_each_kind() -> None:
    texts = [
        ("family", "Maes"),
        ("family", "Maes"),
        ("street", "Main Street"),
        ("number", "1 Flat 2"),
        ("place", "B1 1AA"),
    ]
    found = keys(pl.DataFrame(texts, schema=["kind", "text"], orient="row"))
    assert found.select("kind", "key", "number", "unit").rows() == [
        ("family", "mas", "", ""),
        ("place", "b11aa", "", ""),
        ("street", "mainst", "", ""),
        ("number", "", "1", "2"),
    ]
