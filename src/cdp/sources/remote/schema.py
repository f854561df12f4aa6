"""What a system says of an object itself: its fields, and the types that it declares for them.

Each dialect's words for types are read here into kinds; a word that none of them knows has no kind,
and nothing is concluded from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FieldKind = Literal["text", "number", "boolean", "moment", "time", "binary", "key", "nested"]
"""What the values of a field are; `nested` is an object or a list, `key` a UUID or the like."""


class FieldType(NamedTuple):
    """A declared type: its kind, and the system's own word for it."""

    kind: FieldKind
    said: str


class Fields(frozenset[str]):
    """Names of fields, with the types of those of which the system declares one that is known."""

    types: Mapping[str, FieldType]

    @classmethod
    def of(cls, names: Iterable[str], types: Mapping[str, FieldType]) -> Self:
        """Return these names with these types."""
        made = cls(names)
        made.types = {name: type_ for name, type_ in types.items() if name in made}
        return made


def types_of(names: frozenset[str] | None) -> Mapping[str, FieldType]:
    """Return the types that are declared, by field; of a type that declares none, none."""
    return names.types if isinstance(names, Fields) else {}


_EDM: Final[dict[str, FieldKind]] = {
    "String": "text",
    **dict.fromkeys(("Byte", "SByte", "Int16", "Int32", "Int64"), "number"),
    **dict.fromkeys(("Decimal", "Double", "Single"), "number"),
    "Boolean": "boolean",
    **dict.fromkeys(("DateTime", "DateTimeOffset", "Date"), "moment"),
    **dict.fromkeys(("Time", "TimeOfDay", "Duration"), "time"),
    **dict.fromkeys(("Binary", "Stream"), "binary"),
    "Guid": "key",
}
_SALESFORCE: Final[dict[str, FieldKind]] = {
    **dict.fromkeys(("string", "textarea", "encryptedstring", "combobox"), "text"),
    **dict.fromkeys(("picklist", "multipicklist", "email", "phone", "url"), "text"),
    **dict.fromkeys(("id", "reference"), "key"),
    "boolean": "boolean",
    **dict.fromkeys(("int", "long", "double", "currency", "percent"), "number"),
    **dict.fromkeys(("date", "datetime"), "moment"),
    "time": "time",
    "base64": "binary",
    **dict.fromkeys(("address", "location"), "nested"),
}
_GRAPHQL: Final[dict[str, FieldKind]] = {
    **dict.fromkeys(("String", "FormattedString", "HTML", "URL"), "text"),
    **dict.fromkeys(("Int", "Float", "Decimal", "Money", "UnsignedInt64"), "number"),
    "Boolean": "boolean",
    **dict.fromkeys(("Date", "DateTime"), "moment"),
    "ID": "key",
}
_HUBSPOT: Final[dict[str, FieldKind]] = {
    **dict.fromkeys(("string", "enumeration", "phone_number", "json"), "text"),
    "number": "number",
    "bool": "boolean",
    **dict.fromkeys(("date", "datetime"), "moment"),
}
_PYTHON: Final[dict[str, FieldKind]] = {
    "str": "text",
    **dict.fromkeys(("int", "float", "Decimal"), "number"),
    "bool": "boolean",
    **dict.fromkeys(("date", "datetime"), "moment"),
    **dict.fromkeys(("time", "timedelta"), "time"),
    "bytes": "binary",
    "UUID": "key",
    **dict.fromkeys(("dict", "list"), "nested"),
}
_JSON: Final[dict[str, FieldKind]] = {
    "string": "text",
    **dict.fromkeys(("integer", "number"), "number"),
    "boolean": "boolean",
    **dict.fromkeys(("object", "array"), "nested"),
    **dict.fromkeys(("date", "date-time"), "moment"),
    **dict.fromkeys(("time", "duration"), "time"),
    **dict.fromkeys(("byte", "binary"), "binary"),
    "uuid": "key",
}


def edm(said: str) -> FieldType | None:
    """Return a type of OData: `Edm.Date`, a collection, or a type of the service's own."""
    if said.startswith("Edm."):
        return _typed(_EDM, said.removeprefix("Edm."), said)
    return FieldType("nested", said) if said.startswith("Collection(") else None


def salesforce(said: str) -> FieldType | None:
    """Return a type of a describe answer."""
    return _typed(_SALESFORCE, said, said)


def graphql(kind: str, name: str) -> FieldType | None:
    """Return a type of GraphQL: a scalar by its name, an enumeration, an object or a list."""
    if kind == "SCALAR":
        return _typed(_GRAPHQL, name, name)
    return FieldType("text" if kind == "ENUM" else "nested", name)


def hubspot(said: str) -> FieldType | None:
    """Return a type of a property."""
    return _typed(_HUBSPOT, said, said)


def column(python: type | None, said: str) -> FieldType | None:
    """Return a type of a database, by the type that its driver reads it as."""
    return _typed(_PYTHON, python.__name__, said) if python is not None else None


def json_schema(type_: str, form: str | None) -> FieldType | None:
    """Return a type of JSON Schema, with its format where that is more exact."""
    known = _typed(_JSON, form, f"{type_} ({form})") if form and type_ == "string" else None
    return known or _typed(_JSON, type_, type_)


def _typed(known: Mapping[str, FieldKind], name: str, said: str) -> FieldType | None:
    kind = known.get(name)
    return None if kind is None else FieldType(kind, said)
