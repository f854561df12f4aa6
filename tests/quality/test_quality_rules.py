"""Rules, one by one: which records keep them; which rule files are refused, and how."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pydantic import ValidationError

from builders import add, in_memory, workspace
from canonical_room import Room
from cdp.errors import ConfigError, InputError
from cdp.quality import drift
from cdp.quality.desk import typed
from cdp.quality.formats import FORMATS
from cdp.quality.judge import Judge
from cdp.quality.objects import is_stale
from cdp.quality.plan import plan
from cdp.quality.rules import ObjectRules, QualityFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = {"type": "jsonl_file", "path": "crm", "trust_tier": "declared"}
# A rule of the field `f`, values that keep it, and values that do not; None: the field is missing.
CASES: list[tuple[str, list[Any], list[Any]]] = [
    ("{required: true}", ["x", 0, False], [None, "", "  "]),
    ("{format: email}", ["a@b.example", None], ["a@", "n/a"]),
    ("{format: phone, country: land}", ["+49 30 123456", "030 123456"], ["1", "none"]),
    ("{format: postcode}", ["10115"], ["1011", "SW1A 1AA"]),
    ("{format: vat}", ["DE136695976", "136695976"], ["DE1"]),
    ("{pattern: '[A-Z]{2}[0-9]+'}", ["AB1", None], ["ab1", "AB1x"]),
    ("{min: 0, max: 120}", [0, "120", 3.5], [-1, 121, "old"]),
    ("{min: 5}", [5], [4]),
    ("{max: arrival}", ["2026-01-01", "/Date(0)/", "20250101"], ["2027-01-01", "soon"]),
    ("{min: 2020-02-01, max: 2020-02-28}", ["2020-02-28T23:59:59Z"], ["2020-01-31", "2020-02-29"]),
    ("{min_length: 2, max_length: 3}", ["ab", "abc"], ["a", "abcd"]),
    ("{allowed: [a, 1, true]}", ["a", 1, True, None], ["b", 2, False]),
    ("{required: true, when: {field: kind, is: p}}", [], [None]),
    ("{required: true, when: {field: kind, is: [q, r]}}", [None], []),
    ("{required: true, when: {field: none, filled: true}}", [None], []),
    ("{required: true, when: {field: none, filled: false}}", ["x"], [None]),
]
LISTS: list[tuple[str, list[Any], list[Any]]] = [
    ("{allowed: [a]}", [["a", "a"], [], [None]], [["a", "b"]]),
    ("{required: true}", [["a"]], [[], [None, ""]]),
]
REFUSED = [
    ("{}", "objects"),
    ("{objects: {}}", "at least 1"),
    ("{objects: {c: {fields: {f: {}}}}}", "asks nothing"),
    ("{objects: {c: {fields: {f: {format: mail}}}}}", "unknown format 'mail'; known: bic, country"),
    ("{objects: {c: {fields: {f: {pattern: '('}}}}}", "no regular expression"),
    ("{objects: {c: {fields: {f: {min: 1, max: arrival}}}}}", "two numbers or two dates"),
    ("{objects: {c: {fields: {f: {min: arrival}}}}}", "only max: may be arrival"),
    ("{objects: {c: {fields: {'a..b': {required: true}}}}}", "is no path"),
    ("{objects: {c: {fields: {'a.*': {unique: true}}}}}", "every element of a list"),
    ("{objects: {c: {fields: {f: [{unique: true}, {unique: true}]}}}}", "asked twice for unique"),
    ("{objects: {c: {fields: {f: {required: true, when: {field: x}}}}}}", "either is: or filled:"),
    ("{objects: {c: {fresh: soon}}}", "write 90 minutes, 36 hours"),
    ("{objects: {c: {unique: [{fields: [a, b]}, {fields: [a, b]}]}}}", "listed twice"),
    ("{objects: {c: {unique: [{fields: [a, 'b.*']}]}}}", "name one field of the record"),
]
VALUES = {
    "email": ("a@b.example", "a b@c.example"),
    "phone": ("030 123456", "1"),
    "url": ("https://shop.example/a?b=c", "shop.example"),
    "iban": ("DE89 3704 0044 0532 0130 00", "DE00370400440532013000"),
    "bic": ("DEUTDEFF", "DEUT"),
    "vat": ("DE136695976", "DE136695970"),
    "lei": ("213800KUD8LAJWSQ9D15", "213800KUD8LAJWSQ9D16"),
    "gtin": ("4006381333931", "4006381333932"),
    "isbn": ("978-0-471-11709-4", "978-0-471-11709-5"),
    "issn": ("0024-9319", "0024-9318"),
    "imei": ("35686800-004141-8", "35686800-004141-9"),
    "luhn": ("79927398713", "79927398710"),
    "country": ("de", "Germany"),
    "currency": ("EUR", "EURO"),
    "language": ("de_DE", "deu"),
    "postcode": ("10115", "1011"),
    "uuid": ("12345678-1234-1234-1234-123456789012", "1234"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


@pytest.fixture(scope="module")
def room(place: Path) -> Iterator[Room]:
    with in_memory(place) as warehouse:
        yield Room(warehouse)


def judged(room: Room, place: Path, objects: dict[str, str]) -> list[tuple[Any, ...]]:
    """Judge everything by rules that are given by object; return object, key and original."""
    rules = {name: yaml.safe_load(text) for name, text in objects.items()}
    files = {"sources/crm.yaml": SOURCE, "quality/crm.yaml": {"objects": rules}}
    with room.warehouse.transaction():
        Judge(room.warehouse, plan(workspace(place, files)), [], "DE").anew()
    return room.all(
        "select object, native_id, rule, original, message from quality.failure order by all"
    )


def test_rules_tell_records_that_keep_them_from_those_that_do_not(room: Room, place: Path) -> None:
    objects, expected = {}, set()
    for number, (rule, good, bad) in enumerate([*CASES, *LISTS]):
        path, name = ("f.*" if number >= len(CASES) else "f"), f"object{number}"
        objects[name] = json.dumps({"fields": {path: yaml.safe_load(rule)}}, default=str)
        for place_, value in enumerate([*good, *bad]):
            payload = {"f": value, "kind": "p", "land": "DE"}
            room.land("crm", name, str(place_), payload if value is not None else {"kind": "p"})
            if place_ >= len(good):
                expected.add((name, str(place_)))
    assert {row[:2] for row in judged(room, place, objects)} == expected


def test_rules_over_several_records_look_at_what_is_there_now(room: Room, place: Path) -> None:
    for key, payload in {
        "1": {"mail": "a", "firm": "007", "x": 1, "y": "k"},
        "2": {"mail": "a", "firm": "8", "x": 1, "y": "k"},
        "02": {"mail": "a", "x": 2, "y": "k"},
        "3": {"mail": "b", "firm": "9", "x": 1},
    }.items():
        room.land("crm", "people", key, payload)
    room.land("crm", "firms", "7", {"no": "N7"})
    room.land("crm", "firms", "9", {})
    room.land("crm", "firms", "9", {}, datetime(2026, 1, 2), is_deleted=True)  # noqa: DTZ001
    rules = """
    fields:
      mail: {unique: true}
      firm: {refers_to: {object: firms, strip_zeros: true}}
    unique: [{fields: [x, y]}]
    """
    found = judged(room, place, {"people": rules})
    assert [(key, rule) for _, key, rule, *_ in found] == [
        ("02", "mail:unique"),
        ("2", "firm:reference"),
        ("2", "mail:unique"),
        ("2", "x+y:unique"),
        ("3", "firm:reference"),
    ]
    assert found[1][4] == "firm names no firms that is there"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_format_knows_its_values(name: str) -> None:
    good, bad = VALUES[name]
    assert FORMATS[name].holds(good, "DE")
    assert not FORMATS[name].holds(bad, "DE")


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_wrong_rule_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message.replace("(", r"\(")):
        QualityFile.model_validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"quality/x.yaml": "objects: {c: {fresh: 1 day}}"}, "there is no sources/x.yaml"),
        (
            {
                "quality/crm.yaml": "objects: {c: {fresh: 1 day}}",
                "quality/also.yaml": "{sources: [crm], objects: {c: {fresh: 2 days}}}",
            },
            "another file has rules for c of crm",
        ),
        (
            {
                "quality/crm.yaml": "objects: {c: {fields: {f: {refers_to: "
                "{object: o, source: erp}}}}}"
            },
            "has rules for the source 'erp'",
        ),
    ],
)
def test_rules_for_undeclared_sources_are_refused(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        plan(workspace(tmp_path, {"sources/crm.yaml": SOURCE, **files}))


def test_freshness_is_measured_from_the_newest_change() -> None:
    asked = ObjectRules.model_validate({"fresh": "36 hours"})
    now = datetime(2026, 1, 3)  # noqa: DTZ001 - tables hold UTC without a zone
    assert is_stale(asked, None, now)
    assert is_stale(asked, datetime(2026, 1, 1), now)  # noqa: DTZ001
    assert not is_stale(asked, datetime(2026, 1, 2), now)  # noqa: DTZ001
    assert not is_stale(ObjectRules.model_validate({}), None, now)


def test_what_is_typed_becomes_what_the_field_holds() -> None:
    row = {"payload": '{"n": 1, "b": true, "t": "x", "o": {"d": 2.5}, "l": []}'}
    typing = {"n": "7", "b": "false", "t": "7", "o.d": "3", "new": "y"}
    assert {p: typed(row, p, text) for p, text in typing.items()} == {
        "n": 7,
        "b": False,
        "t": "7",
        "o.d": 3,
        "new": "y",
    }
    assert typed(row, "n", "") is None
    for path, text in {"n": "many", "b": "1", "l": "[1]"}.items():
        with pytest.raises(InputError, match="nothing was kept"):
            typed(row, path, text)


def arrive(room: Room, run_id: int) -> None:
    """Write down what was landed last as the loads of one run."""
    landed = "select distinct load_id, source, object from bronze.record where load_id = $load"
    for row in room.warehouse.query(landed, load=room.loads).to_dicts():
        add(room.warehouse, "bronze.load", row | {"run_id": run_id})
    room.loads += 1


def test_fields_are_followed_into_objects_and_types_told(room: Room) -> None:
    execute = room.warehouse.connection.execute
    for table in ("bronze.record", "bronze.load", "quality.field", "quality.drift"):
        execute(f"delete from {table}")  # noqa: S608 - a constant
    execute("drop table if exists step.quality_seen")
    odd = {'a"b': 1} | {f"k{n:03}": n for n in range(501)}
    room.land("crm", "deep", "1", {"a": {"b": {"c": {"d": 1}}}, "l": [1], "n": None, "t": "x"})
    room.land("crm", "wide", "1", odd)
    arrive(room, 1)
    notes = drift.follow(room.warehouse)
    assert notes == ["crm: wide has 502 names; the first 500 are followed"]
    assert room.all("select type from quality.field where field = 'a\"b'") == [("number",)]
    deep = "select field, type from quality.field where object = 'deep' order by all"
    assert room.all(deep) == [
        ("a", "object"),
        ("a.b", "object"),
        ("a.b.c", "object"),
        ("l", "list"),
        ("n", "null"),
        ("t", "text"),
    ]
    room.land("crm", "deep", "2", {"a": {"b": {"c": {"d": 1}}}, "l": [1], "n": 1, "t": 5})
    arrive(room, 2)
    drift.follow(room.warehouse)
    assert list(drift.news(room.warehouse, 2)) == [
        "crm: deep.t changed type (text to number)",
    ]
