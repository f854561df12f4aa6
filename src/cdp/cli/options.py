"""Options that several commands share."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from cdp.settings import Settings, Workspace
from cdp.store.state import State
from cdp.store.state_audit import Access, AuditLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

F = TypeVar("F", bound="Callable[..., object]")


def workspace_option(command: F) -> F:
    """Add `--workspace DIR`, else CDP_WORKSPACE, else the current folder."""
    return click.option(
        "--workspace",
        "workspace_dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="CDP_WORKSPACE",
        default=Path(),
        show_default="current folder",
        help="Folder of the workspace.",
    )(command)


def json_option(command: F) -> F:
    """Add `--json`: print the result as one JSON document on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")(command)


def deciding_options(command: F) -> F:
    """Add what every decision of a person is asked for: `--why`, and `--by` for who it is."""
    for option in (
        click.option("--why", "why", required=True, help="What it is known from."),
        click.option(
            "--by",
            "name",
            default=getpass.getuser,
            show_default="the user of this computer",
            help="Who decides.",
        ),
        workspace_option,
        json_option,
    ):
        command = option(command)
    return command


def open_workspace(workspace_dir: Path, data_dir: Path | None = None) -> Workspace:
    """Return the workspace in this folder, its file validated.

    Raises:
        ConfigError: the folder holds no valid workspace.
    """
    workspace = Workspace(workspace_dir.resolve(), data_dir.resolve() if data_dir else None)
    _ = workspace.about
    return workspace


def user() -> str:
    """Return who runs the command, as the audit log calls it."""
    return f"cli:{getpass.getuser()}"


def note(home: Path, action: str, subjects: Iterable[str], *, detail: str = "") -> None:
    """Write into the audit log that the user saw or changed the data of these subjects."""
    at, by = clock(), user()
    accesses = [Access(at, "", by, action, subject, "", detail) for subject in subjects]
    with State.open(home) as state:
        AuditLog(state).append(accesses)


def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()


def clock() -> datetime:
    """Return the wall clock in UTC; the one place of the command line that reads it."""
    from datetime import UTC, datetime  # noqa: PLC0415 - kept beside the exemption

    return datetime.now(UTC)  # noqa: TID251 - this is the clock that is passed in
