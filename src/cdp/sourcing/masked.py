"""Source records for those who may not see personal data: previewed, in quarantine, corrected.

Invariant: of a source's record a field is shown whose every use in the mapping is of no person,
such as a code, a state, a moment of change; what no mapping reads is hidden, since nobody said what
it is. What becomes of it is masked by the rules of what is served.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cdp.canonical.chosen import choose
from cdp.canonical.needs import uses
from cdp.errors import ConfigError
from cdp.model.paths import parse, step
from cdp.privacy.masking import OPEN_ATTRIBUTES, email, mask, record_id
from cdp.privacy.seen import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdp.canonical.mapping import ObjectMapping
    from cdp.settings import Workspace
    from cdp.sourcing.becoming import Thing
    from cdp.sourcing.preview import Previewed

_MOMENTS: Final = {
    *("created", "changed", "created_at", "changed_at", "ordered_at", "occurred_at", "seen_at"),
    *("starts_at", "ends_at", "close_on", "given_at", "valid_from", "valid_to"),
}
_CODES: Final = {
    *(
        "type",
        "kind",
        "status",
        "state",
        "channel",
        "purpose",
        "category",
        "contact_kind",
        "ref_kind",
    ),
    *("currency", "amount", "quantity", "price", "product", "product_id", "campaign", "phase"),
    *("priority", "probability", "qualification", "origin", "direction", "provable", "verified"),
    *("country", "city", "role", "is", *OPEN_ATTRIBUTES),
}
_NAMED_BY_KIND: Final = (("contact_kind", "contact_value"), ("ref_kind", "ref_value"))
_KEYS: Final = {
    *("party", "account", "to", "id", "user", "visitor", "record_id", "other_record_id"),
    *("account_record_id", "visitor_record_id"),
}

_ADDRESS: Final = re.compile(r"[^@\s]+@[\w.-]+")
_DROPPED: Final = "dropped"


def masked(previewed: Previewed, spec: ObjectMapping | None) -> Previewed:
    """Return a preview with everything hidden that may tell who somebody is."""
    of = uses(spec) if spec is not None else {}
    return replace(
        previewed,
        native_id=record_id(previewed.native_id),
        record=_fields(previewed.record, "$", of),
        becomes=tuple(_thing(thing) for thing in previewed.becomes),
    )


def masked_waiting(rows: Iterable[dict[str, Any]], workspace: Workspace) -> list[dict[str, Any]]:
    """Return what waits in quarantine with everything hidden that may tell who somebody is.

    A record is shown as a preview of it is, the value at fault as its field; of what could not be
    read as a record nothing is shown.
    """
    return [_waiting(row, of) for row, of in _with_uses(rows, workspace)]


def masked_corrections(
    rows: Iterable[dict[str, Any]], workspace: Workspace
) -> list[dict[str, Any]]:
    """Return corrections with everything hidden that may tell who somebody is.

    A new value is shown as its field is in a preview; why somebody decided so is not shown.
    """
    return [_correction(row, of) for row, of in _with_uses(rows, workspace)]


def _with_uses(
    rows: Iterable[dict[str, Any]], workspace: Workspace
) -> Iterator[tuple[dict[str, Any], Mapping[str, set[str]]]]:
    """Yield each row with what the fields of its object are used for."""
    listed = list(rows)
    specs = {source: _specs(workspace, source) for source in {row["source"] for row in listed}}
    for row in listed:
        spec = specs[row["source"]].get(row["object"])
        yield row, uses(spec) if spec is not None else {}


def _specs(workspace: Workspace, source: str) -> Mapping[str, ObjectMapping]:
    """Return how a source's objects are mapped; nothing where no mapping of it can be read."""
    try:
        return choose(workspace, source).mapping.objects
    except (ConfigError, KeyError):
        return {}


def _correction(row: dict[str, Any], of: Mapping[str, set[str]]) -> dict[str, Any]:
    kept: dict[str, Any] = mask("correction", row)
    said = {
        path: _of_use(value, of.get(parse(path).json)) for path, value in row["changes"].items()
    }
    whys = {name: HIDDEN for name in ("reason", "undone_reason") if row[name] is not None}
    return kept | whys | {"changes": said}


def _waiting(row: dict[str, Any], of: Mapping[str, set[str]]) -> dict[str, Any]:
    payload = row["payload"]
    shown = _fields(json.loads(payload), "$", of) if payload is not None else None
    said: str = row["message"]
    kept: dict[str, Any] = mask("quarantined", row)
    return kept | {
        "message": said.partition(":")[0] if row["reason"] == _DROPPED else said,
        "original": _original(row, of) if row["original"] is not None else None,
        "payload": json.dumps(shown, ensure_ascii=False) if payload is not None else None,
    }


def _original(row: dict[str, Any], of: Mapping[str, set[str]]) -> Any:  # noqa: ANN401 - JSON
    """Return a value at fault; a rule names the source's field, a mapping what it was to fill."""
    field = row["field"]
    if row["seq"] is None or field is None:
        return HIDDEN
    labels = of.get(parse(field).json) if row["rules"] else {field}
    return _of_use(row["original"], labels)


def _fields(record: Mapping[str, Any], place: str, of: Mapping[str, set[str]]) -> dict[str, Any]:
    """Return an object's fields, those of objects in it too; a list is hidden as a whole."""
    found = {}
    for name, value in record.items():
        path = step(place, name)
        is_object = isinstance(value, dict)
        found[name] = _fields(value, path, of) if is_object else _of_use(value, of.get(path))
    return found


def _of_use(value: Any, labels: set[str] | None) -> Any:  # noqa: ANN401 - JSON
    """Return a field's value as far as all its uses let it be seen."""
    if isinstance(value, list):
        return _hidden(value)
    if labels and labels <= _MOMENTS | _CODES:
        return value
    if labels and labels <= _MOMENTS | _CODES | _KEYS and isinstance(value, str):
        return record_id(value)
    return _hidden(value)


def _hidden(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _hidden(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    return email(str(value)) if _ADDRESS.fullmatch(str(value)) else HIDDEN


def _thing(thing: Thing) -> Thing:
    parts = tuple((name, _part(name, row)) for name, row in thing.parts)
    return replace(thing, id=record_id(thing.id), values=_values(thing.values), parts=parts)


def _part(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a part says: its value by the rules of what is served, the rest as of a thing."""
    said = _values(row)
    if table == "attribute":
        said["value"] = mask("origins", row)["value"]
    elif table == "identifier":
        said["value"] = mask("identifiers", row)["value"]
    return said


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: _value(name, value) for name, value in row.items()}
    for kind, name in _NAMED_BY_KIND:
        if name in row:
            named = {"kind": row.get(kind), "value": row[name]}
            said[name] = mask("identifiers", named)["value"]
    return said


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if name in _MOMENTS | _CODES | {"attribute"}:
        return value
    if name == "custom":
        return json.dumps(_hidden(json.loads(value)))
    return record_id(value) if name in _KEYS else HIDDEN
