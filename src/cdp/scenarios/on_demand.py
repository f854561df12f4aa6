"""Live blocks: rows that are not loaded but asked for, when somebody looks at a party.

`live/<name>.yaml` is one live block: an object of a registered instance, the field that holds the
party's key, and the canonical table that the instance's own mapping makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import Field, model_validator

from cdp.canonical.chosen import choose
from cdp.canonical.engine import Instance
from cdp.errors import ConfigError
from cdp.model.tables import BY_NAME
from cdp.settings import Declared, Strict
from cdp.sources import INSTANCES, SOURCES, Opening
from cdp.sources.remote.live import MOST_KEYS, LiveObject, OnDemand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.scenarios.trust import Tier
    from cdp.settings import Workspace

Name = Literal["order", "cart", "quote", "ticket", "lead", "opportunity", "activity"]
_OWNERS: Final = {"record_id", "account_record_id", "ref_kind", "ref_value"}


class LiveBlock(Strict):
    """One live block."""

    title: str = Field(description="heading that people read")
    source: str = Field(description="instance that is asked (sources/*.yaml)")
    object: str = Field(description="its own name of the object, as in its mapping")
    key_field: str = Field(
        description="what takes the key of the party: a field of the object, or what systems of "
        "this type ask for it by"
    )
    key: str = Field(
        "source",
        description="which identifiers of the party are asked for: source (its keys in this "
        "instance) or another kind, such as email",
    )
    pad: int = Field(
        0, ge=0, le=40, description="digits that keys are padded to with zeros, as SAP keeps them"
    )
    table: Name = Field(description="what the mapping makes of it: order, cart, ticket, ...")
    columns: tuple[str, ...] = Field((), description="columns to show, in order; default: all")
    order: str | None = Field(None, description="column to sort by, latest or greatest first")
    limit: int = Field(10, ge=1, le=100, description="most rows that are asked for")
    timeout: float = Field(2.0, gt=0, le=30, description="seconds that anybody waits for it")
    cache: float = Field(
        30.0, ge=0, le=3600, description="seconds for which an answer is given again"
    )
    at_once: int = Field(4, ge=1, le=64, description="requests to the instance at the same time")
    failures: int = Field(
        3, ge=1, le=100, description="failures in a row after which it is left alone"
    )
    rest: float = Field(
        30.0, ge=0, le=3600, description="seconds for which it is left alone, until one tries again"
    )

    @model_validator(mode="after")
    def _known_columns(self) -> Self:
        for name in (*self.columns, *([self.order] if self.order else [])):
            if name not in self.known:
                close = get_close_matches(name, self.known, n=1, cutoff=0.5)
                hint = f"perhaps {close[0]}" if close else f"there are: {', '.join(self.known)}"
                msg = f"{self.table} has no column {name}; {hint}"
                raise ValueError(msg)
        return self

    @property
    def known(self) -> tuple[str, ...]:
        """The columns that there are."""
        columns = BY_NAME[f"silver.{self.table}"].columns
        return tuple(c.name for c in columns if c.name not in _OWNERS)


LIVE: Final = Declared("live/*.yaml", LiveBlock, required=False)


def keys_of(
    asked: Asked, sources: Iterable[Mapping[str, Any]], identifiers: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return the keys that a party is asked for by, from what is published of it."""
    block = asked.block
    if block.key == "source":
        found = {row["native_id"] for row in sources if row["source"] == block.source}
    else:
        found = {row["value"] for row in identifiers if row["kind"] == block.key}
    return tuple(sorted(key.zfill(block.pad) for key in found))[:MOST_KEYS]


@dataclass(frozen=True, slots=True)
class Asked:
    """A live block that can be asked for.

    Attributes:
        name: its name.
        block: what YAML says.
        opening: the instance.
        system: its type.
        object: its object as what can be asked.
        reading: how its mapping reads it; nothing but this object.
    """

    name: str
    block: LiveBlock
    opening: Opening
    system: OnDemand
    object: LiveObject
    reading: Instance

    @property
    def tier(self) -> Tier:
        """Whether its rows are facts or evidence."""
        return "evidence" if self.reading.trust_tier == "observed" else "fact"


def load(workspace: Workspace) -> dict[str, Asked]:
    """Return the live blocks of a workspace by name.

    Raises:
        ConfigError: one does not validate, its instance is not declared or cannot be asked, or no
            mapping reads its object.
    """
    declared = workspace.many(LIVE)
    return {name: _asked(workspace, name, block) for name, block in declared.items()}


def _asked(workspace: Workspace, name: str, block: LiveBlock) -> Asked:
    where = workspace.root / "live" / f"{name}.yaml"
    instances = workspace.many(INSTANCES)
    if block.source not in instances:
        known = ", ".join(sorted(instances)) or "none"
        msg = f"{where}: there is no source {block.source}; there are: {known}"
        raise ConfigError(msg)
    instance = instances[block.source]
    mapping = choose(workspace, block.source).mapping
    if block.object not in mapping.objects:
        known = ", ".join(sorted(mapping.objects))
        msg = f"{where}: no mapping of {block.source} reads {block.object}; it reads: {known}"
        raise ConfigError(msg)
    only = mapping.model_copy(update={"objects": {block.object: mapping.objects[block.object]}})
    opening = Opening(block.source, instance, workspace.data_dir)
    reading = Instance.of(block.source, only, instance)
    system = _system(opening)
    asked = system.live(opening, block.object, block.key_field)
    return Asked(name, block, opening, system, asked, reading)


def _system(opening: Opening) -> OnDemand:
    """Return the type of an instance that can be asked.

    Raises:
        ConfigError: it has no address, or systems of its type cannot be asked.
    """
    instance = opening.instance
    if instance.url is None:
        msg = f"sources/{opening.name}.yaml has no url:, so that nothing can be asked of it"
        raise ConfigError(msg)
    system = SOURCES.get(instance.type)
    if not isinstance(system, OnDemand):
        can = (name for name in SOURCES.names() if isinstance(SOURCES.get(name), OnDemand))
        msg = (
            f"sources/{opening.name}.yaml: systems of the type {instance.type} cannot be asked "
            f"on demand; these can: {', '.join(sorted(can))}"
        )
        raise ConfigError(msg)
    return system
