"""What an OData service says of itself, in both versions, and through a real socket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdp.errors import UnreachableError
from cdp.sources import SOURCES, Opening, SourceInstance
from cdp.sources.remote.metadata import entity_fields
from cdp.sources.remote.schema import types_of
from simulators.odata import System, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

V2 = """<?xml version="1.0"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"
  xmlns:sap="http://www.sap.com/Protocols/SAPData">
 <edmx:DataServices>
  <Schema Namespace="c4codata" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
   <EntityType Name="Lead">
    <Key><PropertyRef Name="ObjectID"/></Key>
    <Property Name="ObjectID" Type="Edm.String" Nullable="false"/>
    <Property Name="Tier_KUT" Type="Edm.String" sap:label="Tier"/>
    <NavigationProperty Name="LeadParty" Relationship="c4codata.R" FromRole="a" ToRole="b"/>
   </EntityType>
   <ComplexType Name="Amount"><Property Name="content" Type="Edm.Decimal"/></ComplexType>
   <EntityContainer Name="c"><EntitySet Name="LeadCollection" EntityType="c4codata.Lead"/>
    <FunctionImport Name="QueryCodeList"/></EntityContainer>
  </Schema>
 </edmx:DataServices>
</edmx:Edmx>"""
V4 = """<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
 <edmx:DataServices>
  <Schema Namespace="shop.base" xmlns="http://docs.oasis-open.org/odata/ns/edm">
   <EntityType Name="Managed" Abstract="true"><Property Name="modifiedAt" Type="Edm.Date"/>
   </EntityType>
  </Schema>
  <Schema Namespace="shop.model" Alias="m" xmlns="http://docs.oasis-open.org/odata/ns/edm">
   <EntityType Name="Order" BaseType="shop.base.Managed">
    <Property Name="ID" Type="Edm.Guid"/>
    <NavigationProperty Name="items" Type="Collection(m.Item)"/>
   </EntityType>
   <EntityType Name="Ring" BaseType="m.Ring"><Property Name="ID" Type="Edm.Guid"/></EntityType>
   <EntityContainer Name="c"><EntitySet Name="Orders" EntityType="m.Order"/>
    <EntitySet Name="Rings" EntityType="m.Ring"/><EntitySet Name="Lost" EntityType="m.Lost"/>
   </EntityContainer>
  </Schema>
 </edmx:DataServices>
</edmx:Edmx>"""


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        (V2, {"LeadCollection": {"ObjectID", "Tier_KUT", "LeadParty"}}),
        (V4, {"Orders": {"modifiedAt", "ID", "items"}, "Rings": {"ID"}, "Lost": set()}),
    ],
)
def test_sets_have_the_fields_of_their_types(document: str, fields: object) -> None:
    assert entity_fields(document.encode()) == fields


def test_properties_have_types() -> None:
    assert types_of(entity_fields(V4.encode())["Orders"]) == {
        "modifiedAt": ("moment", "Edm.Date"),
        "ID": ("key", "Edm.Guid"),
        "items": ("nested", "a navigation property"),
    }
    assert types_of(entity_fields(V4.encode())["Lost"]) == {}
    assert types_of(frozenset({"ID"})) == {}


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        "<Edmx",
        "<Edmx><EntitySet/></Edmx>",
        '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><Edmx>&c;</Edmx>',
    ],
)
def test_anything_else_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match=r"no metadata of OData|declares entities"):
        entity_fields(document.encode())


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("CRM_USER", "reader")
    monkeypatch.setenv("CRM_PASSWORD", "secret")
    with serving(System()) as running:
        yield running


def opening(system: System, **declared: object) -> Opening:
    auth = {"kind": "basic", "user": {"env": "CRM_USER"}, "password": {"env": "CRM_PASSWORD"}}
    said = {"type": "sap_c4c", "url": system.url, "auth": auth, "limits": {"attempts": 1}}
    return Opening("crm", SourceInstance.model_validate(said | declared), Path())


def said(of: Opening) -> Mapping[str, frozenset[str]]:
    return SOURCES.get(of.instance.type).fields(of)


def test_a_system_is_asked_for_the_sets_that_are_read(system: System) -> None:
    system.described = {"LeadCollection": ("ID", "Name"), "OtherCollection": ("ID",)}
    of = opening(system, objects=["LeadCollection", "ContactCollection"])
    assert said(of) == {"LeadCollection": {"ID", "Name"}}
    assert [path.partition("?")[0] for path in system.asked] == ["/$metadata"]


def test_a_system_asks_every_service_and_goes_without_those_that_refuse(system: System) -> None:
    system.described = {"A_SalesOrder": ("SalesOrder",)}
    of = opening(system, type="sap_s4", objects=["A_SalesOrder", "A_Product"])
    assert said(of) == {"A_SalesOrder": {"SalesOrder"}}
    assert [path.split("/")[1] for path in system.asked] == [
        "API_PRODUCT_SRV",
        "API_SALES_ORDER_SRV",
    ]


def test_a_system_that_does_not_say_is_an_error(system: System) -> None:
    with pytest.raises(UnreachableError, match="answered 404"):
        said(opening(system))


def test_what_is_no_metadata_is_an_error(system: System) -> None:
    system.refusals = [(200, {}, "<html><br></html>")]
    with pytest.raises(UnreachableError, match=r"no metadata of OData .*; look at url:"):
        said(opening(system))


def test_files_say_nothing_of_themselves() -> None:
    files = SourceInstance.model_validate({"type": "sap_c4c", "path": "crm"})
    assert said(Opening("crm", files, Path())) == {}
