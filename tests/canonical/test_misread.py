"""What a run says of mappings that read what did not arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from cdp.canonical.chosen import Chosen
from cdp.canonical.mapping import MappingFile
from cdp.canonical.misread import misread

if TYPE_CHECKING:
    from canonical_room import Room

PERSON = "{type: {const: person}, attributes: {given_name: %s}}"
MAPPING = f"""
objects:
  buyer: {{parties: [{PERSON % "frist"}]}}
  seller: {{parties: [{PERSON % "first"}]}}
  other: {{parties: [{PERSON % "fist"}]}}
  gone: {{parties: [{PERSON % "first"}]}}
"""


def test_only_what_the_workspace_itself_says_is_told(room: Room) -> None:
    mapping = MappingFile.model_validate(yaml.safe_load(MAPPING))
    for name in ("buyer", "seller", "other"):
        room.land("till", name, "1", {"first": "Ada"})
        room.land("till", name, "2", {"last": "Quint"})
    read_by = {
        "till": Chosen(mapping, "mappings/till.yaml", frozenset({"buyer", "seller", "gone"})),
        "shop": Chosen(mapping, "of the type shopify"),
    }
    hint = "which none of its latest records has; did you mean first?"
    assert list(misread(room.warehouse, read_by)) == [
        f"till: buyer: the mapping reads frist, {hint}",
        "till: gone is mapped, and was not delivered",
    ]


def test_a_field_under_another_name_in_all_records_is_told_although_older_versions_have_it(
    room: Room,
) -> None:
    for name in ("first", "given"):
        for key in ("1", "2"):
            room.land("till", "seller", key, {name: "Ada"})
    mapping = MappingFile.model_validate(yaml.safe_load(MAPPING))
    read_by = {"till": Chosen(mapping, "mappings/till.yaml", frozenset({"seller"}))}
    said = "till: seller: the mapping reads first, which none of its latest records has"
    assert list(misread(room.warehouse, read_by)) == [said]
