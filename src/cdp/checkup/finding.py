"""What a check found, and the registry of checks: each is one file in `checks/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from cdp.registry import Registry

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.settings import Settings, Workspace

Level = Literal["well", "look", "broken"]
"""`look`: it works, and somebody should look at it; `broken`: something does not work."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is looked at: a workspace, the settings of this process, and the time."""

    workspace: Workspace
    settings: Settings
    now: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is, in a sentence that says what to do where it is not well."""

    topic: str
    level: Level
    said: str


Check = Callable[[Place], Iterator[Finding]]
"""Looks at one thing and changes nothing; what it cannot look at it says, and does not raise."""

CHECKS: Final[Registry[Check]] = Registry("check", "cdp.checkup.checks")


def look(place: Place) -> list[Finding]:
    """Return what every check found, in the order of their names."""
    return [finding for name in CHECKS.names() for finding in CHECKS.get(name)(place)]
