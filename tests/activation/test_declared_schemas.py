"""The published JSON Schemas know every method, condition and type, and what the demo writes."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from cdp.activation.definition import DestinationFile
from cdp.destinations import DESTINATIONS
from cdp.scores.definition import ScoreFile
from cdp.scores.method import METHODS
from cdp.segments.condition import CONDITIONS
from cdp.segments.definition import SegmentFile


def schema(model: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(model.model_json_schema()))
    return found


@pytest.mark.parametrize(
    ("model", "field", "names"),
    [
        (ScoreFile, "method", METHODS.names()),
        (DestinationFile, "type", DESTINATIONS.names()),
    ],
)
def test_each_kind_is_offered(model: type[BaseModel], field: str, names: list[str]) -> None:
    offered = schema(model)["oneOf"]
    assert [one["properties"][field]["const"] for one in offered] == names


def test_each_condition_is_offered() -> None:
    where = schema(SegmentFile)["properties"]["where"]["anyOf"][0]
    assert where["oneOf"] == [{"required": [name]} for name in CONDITIONS.names()]


def test_a_column_may_be_a_name_or_a_pair() -> None:
    text = json.dumps(schema(DestinationFile))
    assert '"anyOf": [{"type": "string"}, {"$ref": "#/$defs/ExportColumn"}]' in text


@pytest.mark.parametrize("model", [ScoreFile, SegmentFile, DestinationFile])
def test_every_field_says_what_it_is(model: type[BaseModel]) -> None:
    def undescribed(node: Any, where: str = "") -> list[str]:
        if isinstance(node, list):
            return [name for child in node for name in undescribed(child, where)]
        if not isinstance(node, dict):
            return []
        missing = [
            f"{where}.{name}"
            for name, field in node.get("properties", {}).items()
            if "description" not in field and "const" not in field
        ]
        return missing + [n for key, child in node.items() for n in undescribed(child, key)]

    assert undescribed(schema(model)) == []
