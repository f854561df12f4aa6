"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from cdp.settings import Settings, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
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


def open_workspace(workspace_dir: Path, data_dir: Path | None = None) -> Workspace:
    """Return the workspace in this folder, its file validated.

    Raises:
        ConfigError: the folder holds no valid workspace.
    """
    workspace = Workspace(workspace_dir.resolve(), data_dir.resolve() if data_dir else None)
    _ = workspace.about
    return workspace


def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()


def clock() -> datetime:
    """Return the wall clock in UTC; the one place of the command line that reads it."""
    from datetime import UTC, datetime  # noqa: PLC0415 - kept beside the exemption

    return datetime.now(UTC)  # noqa: TID251 - this is the clock that is passed in
