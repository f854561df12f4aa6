"""`$metadata` of OData version 2, written from the rows that a simulator holds."""

import re
from typing import Any
from xml.sax.saxutils import quoteattr

Row = dict[str, Any]
_DATE = re.compile(r"/Date\(-?\d+([+-]\d+)?\)/")
_TYPES = {bool: "Edm.Boolean", int: "Edm.Int32", str: "Edm.String"}
NAMESPACE = "simulated"


def edmx(sets: dict[str, list[Row]], keys: dict[str, str]) -> str:
    """Return the document; a set's key is its first property where `keys` does not say."""
    types, named = "", ""
    for name, rows in sets.items():
        fields = {field: _type(rows, field) for row in rows for field in row}
        kind = name.removesuffix("Collection")
        types += _entity(kind, keys.get(name) or next(iter(fields)), fields)
        named += f'<EntitySet Name={quoteattr(name)} EntityType="{NAMESPACE}.{kind}"/>'
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">'
        '<edmx:DataServices m:DataServiceVersion="2.0" '
        'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        f'<Schema Namespace="{NAMESPACE}" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">'
        f'{types}<EntityContainer Name="Sets" m:IsDefaultEntityContainer="true">{named}'
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )


def _entity(kind: str, key: str, fields: dict[str, str]) -> str:
    properties = "".join(
        f'<Property Name={quoteattr(name)} Type="{type_}" Nullable="{str(name != key).lower()}"/>'
        for name, type_ in fields.items()
    )
    return (
        f'<EntityType Name="{kind}"><Key><PropertyRef Name={quoteattr(key)}/></Key>'
        f"{properties}</EntityType>"
    )


def _type(rows: list[Row], field: str) -> str:
    value = next((row[field] for row in rows if row.get(field) is not None), "")
    if isinstance(value, str) and _DATE.fullmatch(value):
        return "Edm.DateTimeOffset"
    return _TYPES[type(value)]
