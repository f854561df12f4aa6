"""Schedules: `schedules/<name>.yaml`, and the sources that say themselves when they are due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field, field_validator

from cdp.errors import ConfigError, UnknownNameError
from cdp.settings import Declared, Strict, cron
from cdp.sources import INSTANCES

if TYPE_CHECKING:
    from cdp.settings import Workspace

COMMANDS: Final = (
    *("run", "sync", "train", "backup", "doctor", "privacy", "segment", "score", "analyse"),
)
"""Commands that may be scheduled: none of them asks, serves, or says a secret."""
_OWN: Final = "source-{}"


class Schedule(Strict):
    """One schedule."""

    description: str = Field("", description="what it is for")
    cron: str = Field(
        description="when it is due: minute, hour, day of month, month, day of week by name, in "
        "the time zone of the workspace",
    )
    command: tuple[str, ...] = Field(
        ("run",),
        min_length=1,
        description="what is done: a command of cdp and its options, such as [run, --full]; one of "
        + ", ".join(COMMANDS),
    )

    @field_validator("cron")
    @classmethod
    def _checked(cls, value: str) -> str:
        return cron.checked(value)

    @field_validator("command", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("command")
    @classmethod
    def _may_be_scheduled(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value[0] not in COMMANDS:
            msg = f"{value[0]!r} cannot be scheduled; these can: {', '.join(COMMANDS)}"
            raise ValueError(msg)
        if any(word == "--workspace" or word.startswith("--workspace=") for word in value):
            msg = "--workspace is this workspace, leave it out"
            raise ValueError(msg)
        return value


SCHEDULES: Final = Declared("schedules/*.yaml", Schedule, required=False)


def every(workspace: Workspace) -> dict[str, Schedule]:
    """Return the schedules of a workspace by name, those of its sources as `source-<name>`.

    Raises:
        ConfigError: a file does not validate, or a schedule has the name of a source's own.
    """
    found = workspace.many(SCHEDULES)
    for name, instance in workspace.many(INSTANCES).items():
        if instance.schedule is None:
            continue
        own = _OWN.format(name)
        if own in found:
            msg = (
                f"{workspace.root / 'schedules' / own}.yaml: the source {name} has a schedule of "
                "its own, which is called so; rename the file or take one of both out"
            )
            raise ConfigError(msg)
        found[own] = Schedule(
            description=f"load {name} and bring everything up to date",
            cron=instance.schedule,
            command=("run", "--source", name),
        )
    return dict(sorted(found.items()))


def chosen(workspace: Workspace, name: str) -> Schedule:
    """Return the schedule of this name.

    Raises:
        ConfigError: a file does not validate.
        UnknownNameError: there is none; the message lists what is.
    """
    known = every(workspace)
    if name not in known:
        kind = "schedule"
        raise UnknownNameError(kind, name, sorted(known))
    return known[name]
