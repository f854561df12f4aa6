"""`cdp init`: a workspace to start from."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import click

from cdp.errors import StateError


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def COMMAND(folder: Path) -> None:  # noqa: N802 - contract of cdp.cli
    """Write a workspace to start from into FOLDER: five customers, their mapping, and rules.

    `cdp run FOLDER` runs it as it is. Nothing that is already there is overwritten.
    """
    if folder.exists() and any(folder.iterdir()):
        msg = f"{folder} is not empty; name a new folder, nothing was written"
        raise StateError(msg)
    with as_file(files("cdp.cli") / "starter") as starter:
        shutil.copytree(starter, folder, dirs_exist_ok=True)
    click.echo(f"wrote {folder}; now run: cdp run {folder}", err=True)
