"""`cdp doctor`: whether a workspace is well."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from cdp.checkup.finding import Place, look
from cdp.cli.options import clock, json_option, open_workspace, settings, workspace_option

if TYPE_CHECKING:
    from pathlib import Path

_SIGNS: Final = {
    "well": click.style("well  ", fg="green"),
    "look": click.style("look  ", fg="yellow"),
    "broken": click.style("broken", fg="red"),
}


@click.command("doctor")
@workspace_option
@json_option
def COMMAND(workspace_dir: Path, as_json: bool) -> None:  # noqa: N802 - contract of cdp.cli
    """Look whether the workspace is well: files, disk, data, keys, schedules, audit log.

    Nothing is changed. Ends with code 1 where something is broken.
    """
    found = look(Place(open_workspace(workspace_dir), settings(), clock()))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    else:
        for each in found:
            click.echo(f"{_SIGNS[each.level]}  {each.topic:<13}{each.said}")
    if any(each.level == "broken" for each in found):
        sys.exit(1)
