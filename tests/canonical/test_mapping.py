from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdp.canonical.mapping import MAPPINGS, MappingFile
from cdp.canonical.values import Value, outcomes, paths
from cdp.errors import ConfigError
from cdp.settings import Workspace

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "objects:\n  Customer:\n    parties:\n      - type: {const: person}\n"


def load(tmp_path: Path, text: str) -> MappingFile:
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "crm.yaml").write_text(text, encoding="utf-8")
    return Workspace(tmp_path).many(MAPPINGS)["crm"]


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ("objects:\n  Customer:\n    partys: []\n", 3, "partys", "Extra inputs"),
        ("objects:\n  Customer: {}\n", 2, "Customer", "says nothing; give one of parties"),
        (HEAD + "        atributes: {}\n", 5, "atributes", "Extra inputs"),
        (HEAD + "        attributes: {givenname: A}\n", 5, "attributes", "known: birth_date"),
        (HEAD + "        attributes: {address: A}\n", 5, "attributes", "is no attribute"),
        (
            HEAD + "        identifiers:\n          - {kind: fax, value: A}\n",
            6,
            "kind",
            "'email', 'phone'",
        ),
        (
            HEAD + "        attributes:\n          gender: {path: A, first: [B]}\n",
            6,
            "gender",
            "exactly one of path, expr, const, first, join",
        ),
        (
            HEAD + "        status: {path: S, map: {1: alive}}\n",
            5,
            "status",
            "allowed: active, blocked",
        ),
        (HEAD + "        status: S\n", 5, "status", "give a map"),
        (HEAD + "        when: {field: A}\n", 5, "when", "exactly one of is, filled, matches"),
        (HEAD + "        when: {is: A}\n", 5, "when", "exactly one of field, expr, all, any, not"),
        (HEAD + "        created: a.*.b\n", 5, "created", "leads to a list"),
        (HEAD + "        created: a..b\n", 5, "created", "is no path"),
        (
            HEAD + '        created: {path: a, extract: "[0-9"}\n',
            5,
            "extract",
            "no regular expression",
        ),
        (HEAD + '        created: {path: a, extract: "[0-9]"}\n', 5, "extract", "one group"),
        (
            HEAD
            + '        identifiers:\n          - {kind: email, value: {const: a}, split: ";"}\n',
            6,
            "identifiers",
            "needs a path",
        ),
        ("time_zone: Mars/Base\nobjects: {}\n", 1, "time_zone", "unknown time zone"),
        ("slash_dates: sometimes\nobjects: {}\n", 1, "slash_dates", "month_first"),
    ],
)
def test_a_mistake_names_file_line_field_and_what_is_allowed(
    tmp_path: Path, text: str, line: int, field: str, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert "crm.yaml" in message
    assert f"line {line}," in message
    assert field in message
    assert says in message


def test_yaml_numbers_and_truth_values_mean_their_text(tmp_path: Path) -> None:
    mapping = load(
        tmp_path,
        HEAD
        + "        attributes:\n          gender: {path: G, map: {1: male, 2: ~}}\n"
        + "        when: {field: B, is: [true, 1]}\n",
    )
    party = mapping.objects["Customer"].parties[0]
    assert party.attributes["gender"][0].map == {"1": "male", "2": None}
    assert party.when is not None
    assert party.when.is_ == ("true", "1")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"const": "a"}, {"a"}),
        ({"path": "x"}, None),
        ({"path": "x", "map": {"1": "a", "2": None}, "otherwise": "b", "default": "c"}, set("abc")),
        ({"path": "x", "map": {"1": "a"}, "keep_others": True}, None),
        ({"first": [{"const": "a"}, {"path": "x", "map": {"1": "b"}}], "default": "c"}, set("abc")),
        ({"first": [{"const": "a"}, "x"]}, None),
        ({"join": ["x", "y"]}, None),
    ],
)
def test_what_can_come_out_of_a_value_is_known(value: object, expected: set[str] | None) -> None:
    assert outcomes(Value.model_validate(value)) == expected


def test_every_path_that_a_value_reads_is_found() -> None:
    value = Value.model_validate(
        {
            "first": ["a.b", {"join": ["c", "d"], "when": {"any": [{"field": "e", "is": 1}]}}],
            "when": {"not": {"all": [{"field": "f", "filled": True}]}},
        }
    )
    assert paths(value) == {"a.b", "c", "d", "e", "f"}
