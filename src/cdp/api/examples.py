"""Examples for the documentation, written from the schemas, so that they cannot disagree."""

from __future__ import annotations

from typing import Any, Final

from cdp.api.schemas import SCHEMAS, Schema

_DEEPEST: Final = 4
_MOMENT: Final = "2026-07-01T06:00:00Z"
KNOWN: Final[dict[str, Any]] = {
    "profile_id": "P-4be6128d6ea34c5f6c2b",
    "account_id": "A-1f0c93d2a7b54e688c30",
    "id": "P-4be6128d6ea34c5f6c2b",
    "other_id": "P-9a1d7be0c2f3451e8d66",
    "profile_type": "person",
    "full_name": "Ada Example",
    "name": "Example Ltd",
    "email": "ada@example.org",
    "ref": "email:ada@example.org",
    "phone": "+4930901820",
    "kind": "email",
    "value": "ada@example.org",
    "source": "crm",
    "object": "contact",
    "native_id": "417",
    "record_id": "crm:417",
    "record_l": "crm:417",
    "record_r": "shop:ada@example.org",
    "attribute": "email",
    "segment": "recent_buyers",
    "score": "engagement",
    "schedule": "nightly",
    "actor": "front desk",
    "reason": "letter of 3 July",
    "why": "letter of 3 July",
    "channel": "email",
    "purpose": "service",
    "state": "granted",
    "cron": "30 2 * * *",
    "time_zone": "Europe/Berlin",
    "status": 404,
    "code": "not_found",
    "request_id": "5f0c91aa-2d",
    "key_id": "3f9a0c5512de",
    "item_id": "R-0f3c9a7d5b1e",
    "plan_id": "I-20260701-1",
    "view": "service",
    "next_cursor": None,
}
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_PLAIN: Final[dict[str, Any]] = {"integer": 1, "number": 0.5, "boolean": True, "null": None}


def example(schema: Schema, name: str = "", depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Return an example of a schema: its own, else one made of its parts and well-known names."""
    if "$ref" in schema:
        return example(SCHEMAS[schema["$ref"].rpartition("/")[2]], name, depth)
    if "examples" in schema:
        return schema["examples"][0]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return example(schema[choice][0], name, depth)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    return _made(schema, name, depth)


def _made(schema: Schema, name: str, depth: int) -> Any:  # noqa: ANN401 - JSON
    kinds = _kinds(schema)
    if name in KNOWN and _fits(KNOWN[name], kinds):
        return KNOWN[name]
    kind = kinds[0] if kinds else "null"
    if kind == "object":
        return _object(schema, depth)
    if kind == "array":
        return [example(schema.get("items", {}), "", depth + 1)] if depth < _DEEPEST else []
    if "default" in schema:
        return schema["default"]
    if kind == "string":
        is_moment = schema.get("format") == "date-time" or name.endswith("_at")
        return _MOMENT if is_moment else name.replace("_", " ")
    return schema.get("minimum", _PLAIN[kind])


def _object(schema: Schema, depth: int) -> dict[str, Any]:
    properties, needed = schema.get("properties", {}), set(schema.get("required", ()))
    chosen = [p for p in properties if p in needed or (p in KNOWN and depth < _DEEPEST)]
    return {p: example(properties[p], p, depth + 1) for p in chosen or list(properties)[:1]}


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _fits(value: object, kinds: list[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in kinds
    return any(isinstance(value, _TYPES[kind]) for kind in kinds)
