"""Scenarios: the slice of a profile that one use needs and may see, declared in YAML.

`scenarios/<name>.yaml` is read when a server starts; the name is the `?view=` of the API. The rows
of gold tables that it shows are blocks, `blocks/<name>.yaml`, packed when a run publishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import Field, field_validator

from cdp.errors import CdpError, ConfigError, UnknownNameError
from cdp.model.attributes import ADDRESS_PARTS
from cdp.model.tables import BY_NAME
from cdp.privacy.keys import is_scope
from cdp.publish import blocks as declared_blocks
from cdp.scenarios.freshness import age
from cdp.scenarios.on_demand import LIVE
from cdp.settings import Declared, Strict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from cdp.publish.blocks import Block
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
    "hierarchy",
    "roles",
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
    blocks: tuple[str, ...] = Field((), description="names of blocks (blocks/*.yaml), in order")
    live: tuple[str, ...] = Field(
        (), description="names of live blocks (live/*.yaml) that may be asked for with it"
    )
    cut: Literal["strict", "lenient"] = Field(
        "strict",
        description="strict: who is surely one; lenient: also those who are perhaps the same, "
        "each apart and marked as possible",
    )
    max_age: str | None = Field(
        None,
        description="how old what is published may be, such as 90m, 26h or 7d; older is shown and "
        "marked as stale",
    )
    region: tuple[str, ...] = Field(
        (), description="regions whose profiles it may show; empty: all, and those of none"
    )

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(fields) - FIELDS)
        if unknown:
            msg = f"{', '.join(unknown)} is unknown; known: {', '.join(sorted(FIELDS))}"
            raise ValueError(msg)
        return fields

    @field_validator("max_age")
    @classmethod
    def _an_age(cls, text: str | None) -> str | None:
        if text is not None:
            age(text)
        return text

    @field_validator("scope")
    @classmethod
    def _known_scope(cls, scope: str) -> str:
        if not is_scope(scope):
            msg = f"{scope!r} is no scope; use profiles:read or view:NAME"
            raise ValueError(msg)
        return scope


SCENARIOS = Declared("scenarios/*.yaml", Scenario, required=False)


class OutOfRegionError(CdpError):
    """A scenario may not show profiles of this region."""


@dataclass(frozen=True, slots=True)
class View:
    """A scenario with its name and the blocks that it shows, by name and in order."""

    name: str
    scenario: Scenario
    blocks: Mapping[str, Block]

    @property
    def scope(self) -> str:
        """What a key needs."""
        return self.scenario.scope

    @property
    def purpose(self) -> str:
        """What the audit log says that it is for."""
        return self.scenario.purpose

    @property
    def max_age(self) -> timedelta | None:
        """How old what is published may be, None: as old as it is."""
        return age(self.scenario.max_age) if self.scenario.max_age is not None else None

    def refuse_other_regions(self, document: Mapping[str, Any]) -> None:
        """Return where the scenario may show this profile.

        Raises:
            OutOfRegionError: it is of another region, or of none that is known.
        """
        own, regions = document.get("region"), self.scenario.region
        if regions and own not in regions:
            msg = (
                f"the view {self.name} shows profiles of {', '.join(regions)} only, and this one "
                f"is of {own or 'no known region'}"
            )
            raise OutOfRegionError(msg)


def load(workspace: Workspace) -> dict[str, View]:
    """Return the scenarios of a workspace by name.

    Raises:
        ConfigError: one of them does not validate, or names a block that there is not.
    """
    known = declared_blocks.load(workspace)
    live = sorted(workspace.many(LIVE))
    views = {}
    for name, scenario in workspace.many(SCENARIOS).items():
        where = str(workspace.root / "scenarios" / f"{name}.yaml")
        declared_blocks.refuse_unknown(scenario.blocks, known, where)
        for block in scenario.live:
            if block not in live:
                msg = f"{where}: there is no live block {block}; there are: {live or 'none'}"
                raise ConfigError(msg)
        views[name] = View(name, scenario, {block: known[block] for block in scenario.blocks})
    return views


def chosen(views: Mapping[str, View], name: str) -> View:
    """Return the view of this name.

    Raises:
        UnknownNameError: there is none; the message lists what is.
    """
    try:
        return views[name]
    except KeyError:
        kind = "view"
        raise UnknownNameError(kind, name, sorted(views)) from None


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
