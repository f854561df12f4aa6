"""`cdp rollback`: serve the generation before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from cdp.cli.options import json_option, open_workspace, workspace_option
from cdp.store import generation

if TYPE_CHECKING:
    from pathlib import Path


@click.command("rollback")
@workspace_option
@json_option
def COMMAND(workspace_dir: Path, as_json: bool) -> None:  # noqa: N802 - contract of cdp.cli
    """Serve the generation before the one that is served now.

    Nothing is rebuilt or removed; servers notice at once. The next run that finds something
    changed publishes under a new number.
    """
    served = generation.rollback(open_workspace(workspace_dir).home)
    click.echo(f"generation {served.generation} of run {served.run_id} is served", err=True)
    if as_json:
        click.echo(json.dumps({"generation": served.generation, "run_id": served.run_id}))
