"""Any resource or source of dlt: what it reads comes in, without its loader and its pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdp.errors import ConfigError
from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.dlt.options import DltOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Strict
    from cdp.sources import Opening


@dataclass(frozen=True, slots=True)
class DltResourceType:
    """The system type; dlt is imported where an instance is read."""

    name: str = "dlt"
    summary: str = "any resource or source of dlt, in Python code that is installed"
    options: type[Strict] = DltOptions
    reads_files: bool = False
    schemes: tuple[str, ...] = ()

    def find(self, opening: Opening) -> Found:
        """Return a walk over each resource, without asking them for anything yet.

        Raises:
            ConfigError: dlt is not installed, or there is no such resource.
            UnreachableError: a secret is not where the file says, or making the resource failed.
        """
        from cdp.sources.remote.dlt.library import resources  # noqa: PLC0415 - see there
        from cdp.sources.remote.dlt.walk import DltWalker  # noqa: PLC0415

        if opening.instance.auth is not None:
            msg = (
                f"sources/{opening.name}.yaml: auth: a resource takes its secrets as arguments: "
                "name their places below options.secrets"
            )
            raise ConfigError(msg)
        options = DltOptions.model_validate(opening.instance.options)
        found = resources(opening, options)
        walker = DltWalker(opening, found, options, zone(opening.instance.time_zone or "UTC"))
        return Found((), walks={name: walker.deliveries(name) for name in found.found})

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:  # noqa: ARG002 - see Source
        """Return nothing: rows tell their fields when they come."""
        return {}


SOURCES.add("dlt", DltResourceType())
