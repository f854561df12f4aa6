"""Mappings held against what is known of a source's records."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from cdp.canonical.check import Known, unknown, unmatched
from cdp.canonical.fit import unfit
from cdp.canonical.mapping import MappingFile
from cdp.canonical.needs import needs, uses
from cdp.sources.remote.schema import FieldKind, FieldType

PARTY = """
objects:
  Customer:
    parties:
      - type: {const: person}
        when: {any: [{field: A1, filled: true}, {field: A2, filled: true}]}
        status: {path: Status, map: {1: active}}
        attributes:
          given_name: {first: [First, {path: Given, when: {field: Kind, is: 1}}]}
          middle_name: {expr: "coalesce(Middle, Second)"}
          company: {expr: "concat(Firm, Form)"}
          full_name: {join: [First, Last], when: {field: Last, filled: false}}
          role: {each: Roles.results, path: code, map: {A: customer}}
        addresses:
          - {each: Places, street: road, city: /Town, country: Country}
        identifiers: [{kind: email, value: Mail.address}]
        consents:
          - contact_kind: {const: email}
            channel: {const: email}
            state: {path: Status, map: {1: granted}}
    orders:
      - {party: Owner, id: "@id", ordered_at: At, status: {const: open}, channel: {const: shop},
         currency: {const: EUR}, amount: Sum,
         lines: {each: Lines, product: sku, quantity: q, amount: a}}
"""


@pytest.fixture(scope="module")
def mapping() -> MappingFile:
    return MappingFile.model_validate(yaml.safe_load(PARTY))


def test_what_a_mapping_needs_is_what_starts_at_the_record(mapping: MappingFile) -> None:
    assert {tuple(sorted(need)) for need in needs(mapping.objects["Customer"])} == {
        ("A1", "A2"),
        ("Status",),
        ("First", "Given", "Kind"),
        ("First",),
        ("Middle", "Second"),
        ("Firm",),
        ("Form",),
        ("Last",),
        ("Roles",),
        ("Places",),
        ("Town",),
        ("Mail",),
        ("Owner",),
        ("At",),
        ("Sum",),
        ("Lines",),
    }


def test_what_a_field_is_used_for(mapping: MappingFile) -> None:
    assert uses(mapping.objects["Customer"]) == {
        '$."Status"': {"status", "state"},
        '$."First"': {"given_name", "full_name"},
        '$."Given"': {"given_name"},
        '$."Kind"': {"is"},
        '$."Middle"': {"middle_name"},
        '$."Second"': {"middle_name"},
        '$."Firm"': {"company"},
        '$."Form"': {"company"},
        '$."Last"': {"full_name"},
        '$."Town"': {"city"},
        '$."Mail"."address"': {"value"},
        '$."Owner"': {"party"},
        '$."At"': {"ordered_at"},
        '$."Sum"': {"amount"},
    }


def known(*fields: str, is_whole: bool = True) -> dict[str, Known]:
    return {"Customer": Known(frozenset(fields), is_whole, "its schema does not have")}


EXPRESSED = ("Middle", "Firm", "Form")
ALL = (
    *EXPRESSED,
    "A1",
    "Status",
    "First",
    "Last",
    "Roles",
    "Places",
    "Town",
    "Mail",
    "Owner",
    "At",
    "Sum",
)


def test_a_field_that_is_not_there_is_found_with_the_nearest_one(mapping: MappingFile) -> None:
    there = (*(field for field in ALL if field != "Mail"), "eMails", "Lines")
    (finding,) = unknown(mapping, known(*there))
    assert (finding.problem, finding.fields, finding.nearest) == (
        "unknown_field",
        ("Mail",),
        "eMails",
    )
    assert finding.is_error
    assert finding.says == (
        "Customer: the mapping reads Mail, which its schema does not have; did you mean eMails?"
    )


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ((*ALL, "Lines"), []),
        ((*ALL, "Lines", "A2", "Extra"), []),
        (ALL, [("Lines",)]),
        ((*(f for f in ALL if f != "A1"), "Lines"), [("A1", "A2")]),
        ((*(f for f in ALL if f != "First"), "Lines"), [("First", "Given", "Kind")]),
        ((), []),
    ],
)
def test_one_of_several_will_do(
    mapping: MappingFile, fields: tuple[str, ...], missing: list[tuple[str, ...]]
) -> None:
    found = unknown(mapping, known(*fields, is_whole=False))
    assert [finding.fields for finding in found if not finding.is_error] == missing


def test_an_object_that_nobody_knows_is_not_checked(mapping: MappingFile) -> None:
    assert list(unknown(mapping, {"Other": Known(frozenset("a"), is_whole=True, where="")})) == []


def test_what_is_delivered_and_mapped_is_compared(mapping: MappingFile) -> None:
    found = unmatched(mapping, {"Other"}, frozenset({"Customer"}))
    assert [(finding.object, finding.problem, finding.says) for finding in found] == [
        ("Other", "not_mapped", "Other is delivered, and the mapping does not say what it is"),
        ("Customer", "not_delivered", "Customer is mapped, and was not delivered"),
    ]
    assert not list(unmatched(mapping, {"Customer"}, frozenset()))


TYPED = """
objects:
  Customer:
    parties:
      - type: {const: person}
        created: {first: [Made, {path: Begun, default: "2020-01-01"}]}
        changed: {expr: "strptime(Flag, '%d')"}
        attributes: {birth_date: Born, family_name: Name}
        identifiers:
          - {kind: email, value: Mail, verified: Checked}
          - {kind: phone, each: Phones, value: no, verified: Made}
    orders:
      - {party: Owner, ordered_at: At, status: {path: Flag, map: {1: open}},
         channel: {const: shop}, currency: {const: EUR}, amount: Sum.content,
         lines: {each: Lines, product: sku, quantity: Made, amount: /Total}}
"""


@pytest.mark.parametrize(
    ("field", "kind", "says"),
    [
        ("Made", "boolean", "Made is declared as X, which cannot become a date, and is mapped to"),
        ("Begun", "nested", "cannot become a date, and is mapped to created_at; map another"),
        ("Born", "time", "mapped to birth_date; map another field, or say with map: or expr:"),
        ("Checked", "moment", "Checked is declared as X, which cannot become true or false"),
        ("Total", "moment", "which cannot become a number, and is mapped to amount"),
        ("At", "number", "may not become a date: a number is read as one only as milliseconds"),
        ("Checked", "number", "may not become true or false: a number is read as one only where"),
    ],
)
def test_a_type_that_cannot_become_what_is_wanted_is_told(
    field: str, kind: FieldKind, says: str
) -> None:
    mapping = MappingFile.model_validate(yaml.safe_load(TYPED))
    types = {field: FieldType(kind, "X")}
    for is_declared in (True, False):
        there = Known(frozenset({field}), is_whole=True, where="", types=types)
        there = replace(there, is_declared=is_declared)
        (finding,) = unfit(mapping, {"Customer": there})
        assert (finding.problem, finding.fields) == ("unfit_type", (field,))
        assert finding.is_error == (is_declared and kind != "number")
        expected = says if is_declared else says.replace("declared as", "in all records looked at")
        assert expected in finding.says


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Made", "moment"),
        ("Made", "text"),
        ("Checked", "boolean"),
        ("Total", "number"),
        ("Total", "text"),
        ("Name", "moment"),
        ("Flag", "moment"),
        ("Sum", "nested"),
    ],
)
def test_a_type_that_may_become_it_is_not(field: str, kind: FieldKind) -> None:
    mapping = MappingFile.model_validate(yaml.safe_load(TYPED))
    there = Known(frozenset({field}), is_whole=True, where="", types={field: FieldType(kind, "X")})
    assert list(unfit(mapping, {"Customer": there, "Other": there})) == []
