"""What the parts of a mapping do to a record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from canonical_room import Room

HEAD = """
ignore: ["*Text"]
objects:
  thing:
    parties:
      - type: {const: person}
        country: home
        attributes: {given_name: first}
"""


def identifiers(room: Room, kind: str) -> list[str]:
    rows = room.all(
        f"select value from silver.identifier where kind = '{kind}' order by position"  # noqa: S608
    )
    return [row[0] for row in rows]


def attribute(room: Room, text: str, payload: dict[str, Any]) -> list[str]:
    """Return the values of `company` that this YAML gives."""
    room.maps(
        "s", f"{HEAD.rstrip()}\n        # the rest\n".replace("first}", f"first, company: {text}}}")
    )
    room.land("s", "thing", "1", {"first": "Ada", **payload})
    room.rebuild()
    rows = room.all("select value from silver.attribute where attribute = 'company' order by 1")
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("text", "payload", "expected"),
    [
        ("a.b", {"a": {"b": "x"}}, ["x"]),
        ("a.b", {"a": {"b": ""}}, []),
        ("a.b", {"a": None}, []),
        ("'a[1]'", {"a": ["x", "y"]}, ["y"]),
        ("n", {"n": 12.5}, ["12.5"]),
        ("{const: x}", {}, ["x"]),
        ("{first: [a, b]}", {"a": " ", "b": "y"}, ["y"]),
        ("{join: [a, b]}", {"a": "x", "b": "y"}, ["x y"]),
        ("{join: [a, b], with: '-'}", {"a": "x"}, ["x"]),
        ("{path: a, extract: 'gid/(.*)'}", {"a": "gid/77"}, ["77"]),
        ("{path: a, extract: 'gid/(.*)'}", {"a": "77"}, []),
        ("{path: a, strip_zeros: true}", {"a": "0077"}, ["77"]),
        ("{path: a, strip_zeros: true}", {"a": "000"}, []),
        ("{path: a, map: {1: one}}", {"a": 1}, ["one"]),
        ("{path: a, map: {1: one}}", {"a": 2}, []),
        ("{path: a, map: {1: one}, otherwise: other}", {"a": 2}, ["other"]),
        ("{path: a, map: {1: one}, otherwise: other}", {}, []),
        ("{path: a, map: {1: one}, keep_others: true}", {"a": "2"}, ["2"]),
        ("{path: a, map: {1: ~}, otherwise: other}", {"a": "1"}, []),
        ("{path: a, default: none}", {}, ["none"]),
        ("{path: a, default: none}", {"a": "x"}, ["x"]),
        ("{path: a, when: {field: b, is: [x, z]}}", {"a": "1", "b": "z"}, ["1"]),
        ("{path: a, when: {field: b, is: [x, z]}}", {"a": "1"}, []),
        ("{path: a, when: {field: b, filled: false}}", {"a": "1"}, ["1"]),
        ("{path: a, when: {field: b, matches: '^x'}}", {"a": "1", "b": "xy"}, ["1"]),
        ("{path: a, when: {field: b, matches: '^x'}}", {"a": "1"}, []),
        ("{path: a, when: {not: {field: b, is: true}}}", {"a": "1", "b": True}, []),
        ("{path: a, when: {not: {field: b, is: true}}}", {"a": "1"}, ["1"]),
        ("{path: a, when: {all: [{field: a, is: 1}, {field: b, is: 2}]}}", {"a": 1, "b": 2}, ["1"]),
        ("{path: a, when: {any: [{field: a, is: 3}, {field: b, is: 3}]}}", {"a": 1, "b": 2}, []),
        ("'@id'", {}, ["1"]),
        ("[a, b]", {"a": "x", "b": "y"}, ["x", "y"]),
        ("{each: list, path: v}", {"list": [{"v": "x"}, {}, {"v": "y"}]}, ["x", "y"]),
        ("{each: list, path: .}", {"list": ["x", None, "y", "x"]}, ["x", "y"]),
        ("{each: list, path: /top}", {"list": [{}], "top": "x"}, ["x"]),
        ("{each: list, path: .}", {"list": None}, []),
        ("{each: deep.*.list, path: .}", {"deep": [{"list": ["x"]}, {"list": ["y"]}]}, ["x", "y"]),
        ("it's", {"it's": "O'Brien; drop table x"}, ["O'Brien; drop table x"]),
    ],
)
def test_where_a_value_comes_from(
    room: Room, text: str, payload: dict[str, Any], expected: list[str]
) -> None:
    assert attribute(room, text, payload) == expected


def test_a_code_without_a_meaning_is_left_out_and_said(room: Room) -> None:
    assert attribute(room, "{path: a, map: {1: one}}", {"a": 2}) == []
    assert room.all("select field, reason, original, whole_record from silver.quarantine") == [
        ("company", "unknown_code", "2", False)
    ]


def test_several_values_in_a_field_and_in_lists_are_all_kept_best_first(room: Room) -> None:
    room.maps(
        "s",
        HEAD
        + """
        identifiers:
          - {kind: email, value: mail, split: "|", verified: checked}
          - {kind: email, value: address, each: more, verified: checked}
          - {kind: phone, value: number, each: phones, country: where}
""",
    )
    room.land(
        "s",
        "thing",
        "1",
        {
            "first": "Ada",
            "home": "FR",
            "mail": "B@x.example| a@x.example",
            "checked": False,
            "more": [{"address": "c@x.example", "checked": True}, {"address": "a@x.example"}],
            "phones": [{"number": "01512 3456789", "where": "Germany"}, {"number": "0612345678"}],
        },
    )
    room.rebuild()
    assert identifiers(room, "email") == ["b@x.example", "a@x.example", "c@x.example"]
    assert identifiers(room, "phone") == ["+4915123456789", "+33612345678"]
    verified = "select value from silver.identifier where verified and kind = 'email'"
    assert room.all(verified) == [("c@x.example",)]


def test_a_key_of_another_system_gets_its_name_and_loses_its_zeros(room: Room) -> None:
    room.maps(
        "s",
        HEAD
        + "        identifiers: [{kind: source, of: erp, value: {path: x, strip_zeros: true}}]\n",
    )
    room.land("s", "thing", "7", {"first": "Ada", "x": "0000402417"})
    room.rebuild()
    assert identifiers(room, "source") == ["s:7", "erp:402417"]


def test_fields_that_no_mapping_names_are_kept_by_their_own_names(room: Room) -> None:
    room.maps("s", HEAD + "    unpack: [traits]\n    ignore: [Meta]\n")
    payload = {
        "first": "Ada",
        "home": "DE",
        "Meta": 1,
        "CodeText": "x",
        "Empty": "",
        "Nothing": None,
        "Tier": "gold",
        "Nested": {"a": [1, 2]},
        "traits": {"shoe": 38, "Tier": "silver"},
    }
    room.land("s", "thing", "1", payload)
    room.rebuild()
    custom = json.loads(room.all("select custom from silver.record")[0][0])
    assert custom == {
        "Tier": "gold",
        "Nested": {"a": [1, 2]},
        "shoe": 38,
        "traits.Tier": "silver",
    }


def test_an_address_is_one_value_with_all_its_parts(room: Room) -> None:
    room.maps(
        "s",
        HEAD
        + """
        addresses:
          - {street: street, city: city, country: home, when: {field: city, filled: true}}
          - {each: others, city: town, country: land}
""",
    )
    room.land(
        "s",
        "thing",
        "1",
        {
            "first": "Ada",
            "street": "Rue  Haute",
            "city": "Lyon",
            "home": "France",
            "others": [{"town": "Bonn", "land": "Atlantis"}, {"town": ""}],
        },
    )
    room.rebuild()
    rows = room.all(
        "select position, value, original from silver.attribute "
        "where attribute = 'address' order by 1"
    )
    empty = {"house_number": None, "postcode": None, "state": None}
    assert [(p, json.loads(v), o) for p, v, o in rows] == [
        (
            0,
            {"street": "Rue Haute", "city": "Lyon", "country": "FR", **empty},
            "Rue  Haute, Lyon, France",
        ),
        (1, {"street": None, "city": "Bonn", "country": None, **empty}, "Bonn"),
    ]
    assert room.all("select field, reason from silver.quarantine") == [
        ("address.country", "unknown_country")
    ]


def test_attributes_that_a_party_of_its_type_cannot_have_are_not_given_to_it(room: Room) -> None:
    room.maps(
        "s",
        """
objects:
  bp:
    parties:
      - type: {path: cat, map: {1: person, 2: organisation}}
        attributes: {family_name: last, organisation_name: name}
""",
    )
    room.land("s", "bp", "1", {"cat": "1", "last": "Quint", "name": "Nora Quint"})
    room.land("s", "bp", "2", {"cat": "2", "last": "", "name": "Quint Ltd"})
    room.rebuild()
    rows = room.all("select record_id, attribute, value from silver.attribute order by 1")
    assert rows == [("s:1", "family_name", "Quint"), ("s:2", "organisation_name", "Quint Ltd")]
