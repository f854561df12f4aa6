"""`cdp restore`: put a back-up in the place of a workspace's data."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from pathlib import Path

import click

from cdp.cli.options import clock, json_option, workspace_option
from cdp.privacy.returned import erase_again
from cdp.store import restoring


@click.command("restore")
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Replace the data that the workspace has.")
@click.option("--check", is_flag=True, help="Read the archive and check it, and do no more.")
@workspace_option
@json_option
def COMMAND(archive: Path, replace: bool, check: bool, workspace_dir: Path, as_json: bool) -> None:  # noqa: N802 - contract of cdp.cli
    """Put the back-up ARCHIVE into the workspace, whole or not at all.

    Its YAML files come with it where the folder has no cdp.yaml; where it has one they stay as they
    are. Who was erased since the back-up was made, in the workspace that it replaces, is erased in
    it again.
    """
    if check:
        said = restoring.read(archive)
        click.echo(f"{archive} is whole: {len(said.files)} files", err=True)
    else:
        said = restoring.put_back(archive, workspace_dir.resolve(), may_replace=replace)
        click.echo(f"{workspace_dir.resolve()} is as it was at {said.made_at}", err=True)
        home = workspace_dir.resolve() / ".cdp"
        for request in erase_again(home, at=clock(), actor=getpass.getuser()):
            click.echo(f"somebody erased since is erased again: {request.request_id}", err=True)
    if as_json:
        click.echo(json.dumps(asdict(said), indent=2))
