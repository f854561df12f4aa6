"""What an API says of itself in OpenAPI 3: the fields of the rows that its endpoints answer with.

Fields are properties of the row's schema, those of objects within it by dotted names as well. Of an
endpoint that a document leaves out nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
import yaml

from cdp.sources.remote.placeholders import without_places
from cdp.sources.remote.schema import Fields, FieldType, json_schema
from cdp.sources.remote.selection import EACH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.sources.remote.resources import Resource

_DEEPEST: Final = 3
_ALTERNATIVES: Final = ("allOf", "oneOf", "anyOf")
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Description:
    """A document, and the address that its endpoints are below."""

    document: Schema
    base: str

    @classmethod
    def read(cls, text: bytes, base: str) -> Description:
        """Return what a text in JSON or YAML describes.

        Raises:
            ValueError: it is no OpenAPI document of version 3.
        """
        document = _decoded(text)
        is_one = isinstance(document, dict) and isinstance(document.get("paths"), dict)
        if not is_one or not str(document.get("openapi", "")).startswith("3"):
            msg = "it is no OpenAPI document of version 3"
            raise ValueError(msg)
        return cls(document, base)

    def fields(self, name: str, resource: Resource) -> Fields | None:
        """Return the fields of a resource's rows, None where the document does not say."""
        operation = self._operation(resource.path or name, resource.method.lower())
        if operation is None:
            return None
        rows = self._answered(operation)
        for part in resource.data_selector.split(".") if resource.data_selector else []:
            rows = [inner for schema in rows for inner in self._step(schema, part)]
        rows = [inner for schema in rows for inner in self._elements(schema)]
        found = {field for schema in rows for field in self._named(schema, 1)}
        taken = {f"_{resource.parent}_{field}" for field in resource.include_from_parent}
        return Fields.of(found | taken, self._types(rows)) if found else None

    def _types(self, rows: list[Schema]) -> dict[str, FieldType]:
        """Return the types of fields of which only one is said."""
        found: dict[str, set[FieldType | None]] = {}
        for row in rows:
            for each in self._flat(row):
                for name, inner in each.get("properties", {}).items():
                    found.setdefault(name, set()).update(self._type(inner))
        only = {name: types.pop() for name, types in found.items() if len(types) == 1}
        return {name: type_ for name, type_ in only.items() if type_ is not None}

    def _type(self, schema: Schema) -> Iterator[FieldType | None]:
        """Yield the types that a schema allows, without that of nothing."""
        for each in self._flat(schema):
            said = each.get("type", ())
            for one in [said] if isinstance(said, str) else said:
                if one != "null":
                    yield json_schema(str(one), each.get("format"))

    def _operation(self, path: str, method: str) -> Schema | None:
        """Return what is said of an endpoint: of the longest path that its address ends with."""
        wanted = _segments(f"{urlsplit(self.base).path}/{without_places(path)}")
        best: tuple[int, Schema] | None = None
        for described, item in self.document["paths"].items():
            parts = _segments(described)
            tail = wanted[len(wanted) - len(parts) :]
            is_it = len(tail) == len(parts) and all(map(_alike, parts, tail))
            if is_it and method in item and (best is None or len(parts) > best[0]):
                best = len(parts), item[method]
        return best[1] if best is not None else None

    def _answered(self, operation: Schema) -> list[Schema]:
        """Return the schemas of what it answers with when all is well."""
        found = []
        for status, response in operation.get("responses", {}).items():
            content = self._resolved(response).get("content", {})
            kinds = [kind for kind in content if "json" in kind]
            if str(status).startswith("2") and kinds:
                found.append(content[kinds[0]].get("schema", {}))
        return found

    def _step(self, schema: Schema, part: str) -> Iterator[Schema]:
        for each in self._flat(schema):
            if "items" in each and (part == EACH or part.lstrip("-").isdigit()):
                yield each["items"]
            elif part == EACH and isinstance(each.get("additionalProperties"), dict):
                yield each["additionalProperties"]
            elif part in each.get("properties", {}):
                yield each["properties"][part]

    def _elements(self, schema: Schema) -> Iterator[Schema]:
        for each in self._flat(schema):
            yield from [each["items"]] if "items" in each else [each]

    def _named(self, schema: Schema, depth: int) -> Iterator[str]:
        for each in self._flat(schema):
            for name, inner in each.get("properties", {}).items():
                yield name
                if depth < _DEEPEST:
                    yield from (f"{name}.{below}" for below in self._named(inner, depth + 1))

    def _flat(self, schema: Schema, seen: tuple[str, ...] = ()) -> Iterator[Schema]:
        """Yield a schema, and all that it is put together of."""
        reference = schema.get("$ref")
        if reference in seen:
            return
        known = (*seen, reference) if reference is not None else seen
        found = self._resolved(schema)
        yield found
        for kind in _ALTERNATIVES:
            for each in found.get(kind, []):
                yield from self._flat(each, known)

    def _resolved(self, schema: Schema) -> Schema:
        """Return what a reference within the document points at; of one that leads on, that."""
        found, seen = schema, set[str]()
        while isinstance(reference := found.get("$ref"), str) and reference not in seen:
            seen.add(reference)
            found = self._at(reference)
        return found

    def _at(self, reference: str) -> Schema:
        found: Any = self.document if reference.startswith("#/") else {}
        for part in reference.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found.get(name, {}) if isinstance(found, dict) else {}
        return found if isinstance(found, dict) else {}


def fields_of(description: Description, resources: Mapping[str, Resource]) -> dict[str, Fields]:
    """Return the fields of each resource that a description knows."""
    found = {name: description.fields(name, each) for name, each in resources.items()}
    return {name: fields for name, fields in found.items() if fields is not None}


def _decoded(text: bytes) -> Any:  # noqa: ANN401 - any document
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        pass
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        msg = "it is neither JSON nor YAML"
        raise ValueError(msg) from error


def _segments(path: str) -> list[str]:
    return [part for part in path.partition("?")[0].split("/") if part]


def _alike(described: str, asked: str) -> bool:
    return described == asked or described.startswith("{")
