"""Scenarios: the slice of a profile that one use needs and may see, declared in YAML.

`scenarios/<name>.yaml` is read when a server starts; the name is the `?view=` of the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import Field, field_validator

from cdp.errors import UnknownNameError
from cdp.model.attributes import ADDRESS_PARTS
from cdp.model.tables import BY_NAME
from cdp.privacy.keys import is_scope
from cdp.settings import Declared, Strict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Workspace

SubDocument = Literal[
    "timeline",
    "identifiers",
    "sources",
    "origins",
    "consents",
    "scores",
    "segments",
    "relationships",
    "possible",
    "explain",
    "history",
]
SUB_DOCUMENTS = get_args(SubDocument)
_OWN = (
    "source_names",
    "address",
    "facts",
    "scores",
    "segments",
    "household",
    "group",
    "inferred",
)
_FLATTENED = {"sources", *ADDRESS_PARTS}
FIELDS = frozenset(_OWN) | {
    column.name
    for table in ("gold.profile", "gold.account")
    for column in BY_NAME[table].columns
    if column.name not in _FLATTENED
}


class Scenario(Strict):
    """One scenario."""

    description: str = Field(description="who uses it, and for what")
    purpose: str = Field(description="purpose written into the audit log")
    scope: str = Field(
        "profiles:read", description="scope that a key needs: profiles:read or view:NAME"
    )
    fields: tuple[str, ...] = Field(
        (), description="fields of a profile or account, in order; a field it lacks is left out"
    )
    include: tuple[SubDocument, ...] = Field((), description="sub-documents, in order")
    events: tuple[str, ...] = Field(
        (), description="kinds of timeline entries (order, ticket, ...); empty: every kind"
    )
    scores: tuple[str, ...] = Field((), description="names of scores; empty: every score")

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(fields) - FIELDS)
        if unknown:
            msg = f"{', '.join(unknown)} is unknown; known: {', '.join(sorted(FIELDS))}"
            raise ValueError(msg)
        return fields

    @field_validator("scope")
    @classmethod
    def _known_scope(cls, scope: str) -> str:
        if not is_scope(scope):
            msg = f"{scope!r} is no scope; use profiles:read or view:NAME"
            raise ValueError(msg)
        return scope


SCENARIOS = Declared("scenarios/*.yaml", Scenario, required=False)


def load(workspace: Workspace) -> dict[str, Scenario]:
    """Return the scenarios of a workspace by name.

    Raises:
        ConfigError: one of them does not validate.
    """
    return workspace.many(SCENARIOS)


def chosen(scenarios: Mapping[str, Scenario], name: str) -> Scenario:
    """Return the scenario of this name.

    Raises:
        UnknownNameError: there is none; the message lists what is.
    """
    try:
        return scenarios[name]
    except KeyError:
        kind = "view"
        raise UnknownNameError(kind, name, sorted(scenarios)) from None


def slice_of(
    scenario: Scenario, document: Mapping[str, Any], parts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of a document and the sub-documents that the scenario may see.

    The id, first in every document, is always part of it.
    """
    own_id = next(iter(document))
    fields = (own_id, *scenario.fields) if scenario.fields else tuple(document)
    kept = {field: document[field] for field in dict.fromkeys(fields) if field in document}
    kept |= {part: parts[part] for part in scenario.include if part in parts}
    return {field: _narrowed(scenario, field, value) for field, value in kept.items()}


def _narrowed(scenario: Scenario, field: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if field == "timeline" and scenario.events:
        return [row for row in value if row["kind"] in scenario.events]
    if field == "scores" and scenario.scores:
        return [row for row in value if row["score"] in scenario.scores]
    return value
