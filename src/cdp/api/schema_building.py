"""How JSON Schemas of the API are written: objects, lists, pages, references, parameters."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def obj(properties: Schema, *required: str, description: str = "") -> Schema:
    """Return the schema of an object; other fields may be added in later versions."""
    schema: Schema = {"type": "object", "properties": properties, "required": list(required)}
    return schema | ({"description": description} if description else {})


def ref(name: str) -> Schema:
    """Return a reference to a schema of this module."""
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def page(items: Schema) -> Schema:
    """Return the schema of a page of items."""
    cursor = {"type": ["string", "null"], "description": "where the next page begins"}
    return obj({"items": array(items), "next_cursor": cursor}, "items", "next_cursor")


def parameter(name: str, where: str, schema: Schema, description: str) -> Schema:
    """Return an OpenAPI parameter of the path, the query or the headers."""
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": description,
    }
