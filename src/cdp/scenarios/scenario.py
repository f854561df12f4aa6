"""Scenarios: the slice of a profile that one use needs and may see, declared in YAML.

`scenarios/<name>.yaml` is read when a server starts; the name is the `?view=` of the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import Field, field_validator

from cdp.errors import UnknownNameError
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
    "explain",
    "history",
]
SUB_DOCUMENTS = get_args(SubDocument)


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


def slice_of(scenario: Scenario, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a document, its sub-documents included, that the scenario may see.

    The id is always part of it.
    """
    own_id = next(iter(document))
    fields = (own_id, *scenario.fields) if scenario.fields else tuple(document)
    kept = {
        field: document[field]
        for field in dict.fromkeys(fields)
        if field in document and field not in SUB_DOCUMENTS
    }
    for sub in scenario.include:
        if sub in document:
            kept[sub] = _narrowed(scenario, sub, document[sub])
    return kept


def _narrowed(scenario: Scenario, sub: str, rows: Any) -> Any:  # noqa: ANN401 - JSON
    if sub == "timeline" and scenario.events:
        return [row for row in rows if row["kind"] in scenario.events]
    if sub == "scores" and scenario.scores:
        return [row for row in rows if row["score"] in scenario.scores]
    return rows
