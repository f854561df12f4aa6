"""Who is erased stands in no position of a source, and in no working table, by name either."""

import json
from pathlib import Path

import polars as pl
import pytest

from builders import add, opened
from cdp.privacy.person import Person
from cdp.privacy.tables import Tables
from cdp.privacy.telling import Telling

KEYS = (
    *(("shop", "people", key) for key in ("nora.q", "7", "nöra (2) [a] {b} ^c$ d-e\\f+g*h?")),
    ("shop", "cards", "eu|12"),
    ("shop", "cards", "zürich|nöra"),
)
PERSON = Person(("P-a",), keys=KEYS, values=(("email", "nora@example.org"),))


@pytest.mark.parametrize(
    ("of", "position", "stays"),
    [
        ("people", json.dumps({"after": ["2026-07-07 07:00:07", 7], "by": ["at", "id"]}), False),
        ("people", json.dumps({"after": "nora.q", "until": None}), False),
        ("cards", json.dumps({"after": ["eu", 12], "by": ["region", "id"]}), False),
        ("orders", json.dumps({"after": ["nora@example.org"]}), False),
        ("people", "nöra (2) [a] {b} ^c$ d-e\\f+g*h?", False),
        ("cards", json.dumps({"after": ["zürich", "nöra"]}, ensure_ascii=False), False),
        ("orders", json.dumps({"after": "7"}), True),
        ("people", "2026-07-07T07:00:07", True),
        ("people", json.dumps({"from": ["2026-07-07 07:00:07"], "by": ["at", "id"]}), True),
        ("people", json.dumps({"after": "nora.quint"}), True),
        ("people", "nöra (2) [b] {b} ^c$ d-e\\f+g*h?", True),
        ("cards", json.dumps({"after": ["zürich", "nora"]}, ensure_ascii=False), True),
        ("cards", json.dumps({"after": ["eu", 13], "by": ["region", "id"]}), True),
    ],
)
def test_a_position_that_names_a_key_of_theirs_goes(
    tmp_path: Path, of: str, position: str, *, stays: bool
) -> None:
    with opened(tmp_path) as warehouse:
        row = {"source": "shop", "object": of, "position_of": "changes", "position": position}
        add(warehouse, "bronze.cursor", row)
        tables = Tables(warehouse, PERSON, Telling.of(PERSON))
        with warehouse.transaction():
            tables.erase()
        kept = warehouse.query("select position from bronze.cursor where source = 'shop'")
        assert kept["position"].to_list() == ([position] if stays else [])
        assert not tables.left()


def test_a_working_table_that_names_them_lets_them_go_however_they_are_called(
    tmp_path: Path,
) -> None:
    person = Person(("P-a",), keys=KEYS, words=("Jörg Müller", "Weißstraße 5"))
    with opened(tmp_path) as warehouse:
        texts = ["of JÖRG MÜLLER, Ulm", "weißstraße 5", "Jörg Müllersohn", "Jorg Muller"]
        warehouse.put("step.note", pl.DataFrame({"said": texts}))
        tables = Tables(warehouse, person, Telling.of(person))
        with warehouse.transaction():
            tables.erase()
        assert warehouse.query("select said from step.note")["said"].to_list() == texts[2:]
