"""`cdp backup`: keep a workspace in one archive."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from cdp.cli.options import clock, json_option, open_workspace, workspace_option
from cdp.store import backup


@click.command("backup")
@click.argument("place", required=False, type=click.Path(path_type=Path))
@click.option(
    "--keep",
    type=click.IntRange(1),
    help="With a folder as PLACE: remove older archives of this workspace but the latest N.",
)
@workspace_option
@json_option
def COMMAND(place: Path | None, keep: int | None, workspace_dir: Path, as_json: bool) -> None:  # noqa: N802 - contract of cdp.cli
    """Keep the workspace in the archive PLACE, or in a new one in the folder PLACE.

    Without PLACE it goes to .cdp/backups, where an erasure reaches it. Servers go on meanwhile. An
    archive holds personal data, and the secrets that seal it: keep a copy on another disk, as safe
    as the workspace. `cdp restore` puts it back.
    """
    workspace, at = open_workspace(workspace_dir), clock()
    name = workspace.about.name
    if place is None:
        place = workspace.home / "backups"
        place.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{at:%Y%m%dT%H%M%SZ}.cdp.tar"
    archive = place / stem if place.is_dir() else place
    made = backup.make(workspace.root, name, archive, at=at)
    click.echo(f"{archive}: {len(made.files)} files, {archive.stat().st_size:,} bytes", err=True)
    if keep is not None and place.is_dir():
        for old in sorted(place.glob(f"{name}-*.cdp.tar"))[:-keep]:
            old.unlink()
            click.echo(f"{old} is removed", err=True)
    if as_json:
        click.echo(json.dumps({"archive": str(archive), **asdict(made)}, indent=2))
