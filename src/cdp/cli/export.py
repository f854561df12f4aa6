"""`cdp export`: the gold layer for analysts, checks of exports, and what was asked for by API."""

from __future__ import annotations

import json
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import click

from cdp.activation import demand, desk, goldout, manifest
from cdp.activation.demand import FORMATS, Out
from cdp.cli.options import clock, json_option, note, open_workspace, workspace_option
from cdp.errors import InputError, StateError
from cdp.segments.known import files
from cdp.segments.scope import ACCOUNTS

if TYPE_CHECKING:
    from cdp.activation.demand import Outcome
    from cdp.settings import Workspace

_SECONDS = 1.0
_PATIENCE = 6 * 3600
"""Attempts while a run goes on."""


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """Write the gold layer as files, and check exports against their manifests.

    `cdp segment export` exports the members of a segment.
    """


@COMMAND.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@workspace_option
@json_option
def gold(folder: Path, workspace_dir: Path, as_json: bool) -> None:
    """Write every view of the published generation into FOLDER as Parquet, with a manifest.

    FOLDER gets a folder generation-N, which is whole or not there.
    """
    workspace = open_workspace(workspace_dir)
    note(workspace.home, "gold.export", ["gold"])
    made = goldout.write(workspace, folder.resolve())
    if as_json:
        click.echo(json.dumps({"folder": str(made.folder), "rows": made.rows}, indent=2))
        return
    total = sum(made.rows.values())
    click.echo(f"{len(made.rows)} views, {total:,} rows, {made.size:,} bytes", err=True)
    click.echo(made.folder)


@COMMAND.command()
@click.argument("place", type=click.Path(path_type=Path, exists=True))
@json_option
def verify(place: Path, as_json: bool) -> None:
    """Compare every export below PLACE (or of one manifest) with what its manifest says.

    The exit code is 1 where a file is missing or is another one.
    """
    _verify(place, as_json=as_json)


@COMMAND.command()
@click.option("--wait", is_flag=True, help="Wait while a run or another worker is at it.")
@workspace_option
def work(wait: bool, workspace_dir: Path) -> None:
    """Carry out the exports that were asked for over HTTP and wait."""
    workspace = open_workspace(workspace_dir)
    for left in range(_PATIENCE if wait else 0, -1, -1):
        try:
            done = desk.work(workspace, clock)
        except StateError:
            if not left:
                raise
            sleep(_SECONDS)
            continue
        for job in done:
            click.echo(f"{job.export_id}: {job.status}{f' ({job.detail})' if job.detail else ''}")
        return


@click.command("export")
@click.argument("name", required=False)
@workspace_option
@click.option("--to", "destination", help="Destination of the workspace that it goes to.")
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), default="csv")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; default: .cdp/exports/on-demand/ in the workspace.",
)
@click.option("--columns", help="Columns, with commas between them; default: id, contact, name.")
@click.option("--purpose", default="marketing", show_default=True, help="Purpose of the contact.")
@click.option(
    "--channel",
    type=click.Choice(["email", "sms", "phone", "post"]),
    default="email",
    show_default=True,
    help="Channel of the contact.",
)
@click.option("--category", help="Communication category, where there is one.")
@click.option("--gzip", "is_packed", is_flag=True, help="Pack the file (csv, jsonl).")
@click.option("--recipient", "recipients", multiple=True, help="Encrypt with age for this key.")
@click.option(
    "--verify",
    "verified",
    type=click.Path(path_type=Path, exists=True),
    help="Export nothing; compare what lies there with its manifests.",
)
@json_option
def of_segment(  # noqa: PLR0913, PLR0917 - options are arguments
    name: str | None,
    workspace_dir: Path,
    destination: str | None,
    format_: str,
    out: Path | None,
    columns: str | None,
    purpose: str,
    channel: str,
    category: str | None,
    is_packed: bool,
    recipients: tuple[str, ...],
    verified: Path | None,
    as_json: bool,
) -> None:
    """Write the published members of NAME who permitted PURPOSE on CHANNEL to a file.

    A manifest beside it says how many left and how many were held back, by reason, and a file
    `….suppressed.csv` who was. Purpose `internal` contacts nobody and needs no permission. With
    --to, how and what is exported is as destinations/<destination>.yaml says.
    """
    if verified is not None:
        _verify(verified, as_json=as_json)
        return
    if name is None:
        msg = "name the segment that is to be exported; `cdp segment list` shows them"
        raise InputError(msg)
    workspace = open_workspace(workspace_dir)
    if destination is not None:
        note(workspace.home, "segment.export", [name], detail=f"to {destination}")
        _tell(name, demand.to_destination(workspace, name, destination), as_json=as_json)
        return
    wish: dict[str, object] = {
        "segments": (name,),
        "purpose": purpose,
        "channel": channel,
        "category": category,
        "columns": [c.strip() for c in (columns or _usual(workspace, name)).split(",")],
    }
    if is_packed:
        wish["compression"] = "gzip"
    if recipients:
        wish["encrypt"] = {"recipients": recipients}
    definition = demand.definition(format_, wish)
    folder = workspace.home / "exports" / demand.AD_HOC
    place = Out(out.resolve().parent, out.name) if out is not None else Out(folder)
    note(workspace.home, "segment.export", [name], detail=f"{purpose} by {channel}")
    _tell(name, demand.ad_hoc(workspace, name, definition, place), as_json=as_json)


def _usual(workspace: Workspace, segment: str) -> str:
    """Return the columns of an export that names none."""
    of = files(workspace)[segment].of if segment in files(workspace) else "person"
    return f"profile_id,contact,{'name' if of in ACCOUNTS else 'full_name'}"


def _tell(name: str, outcome: Outcome, *, as_json: bool) -> None:
    exported = outcome.exported
    if exported is None:
        click.echo(f"{name}: nothing changed since the last export; nothing was sent", err=True)
        return
    if as_json:
        click.echo(json.dumps(exported.document, indent=2, ensure_ascii=False))
        return
    held = ", ".join(f"{n:,} {reason}" for reason, n in exported.gated.suppressed.items())
    told = "".join(
        f", {n:,} {op}"
        for op, n in exported.document.items()
        if op in {"added", "changed", "removed"}
    )
    click.echo(
        f"{name}: {exported.gated.members:,} members, {exported.gated.sent:,} sent{told}"
        f"{f', held back: {held}' if held else ''}",
        err=True,
    )
    for file in (*(f.name for f in exported.rows), exported.manifest):
        click.echo(f"{exported.location}/{file}")


def _verify(place: Path, *, as_json: bool) -> None:
    found = manifest.verify(place)
    if as_json:
        told = [
            {"manifest": str(v.manifest), "files": v.files, "problems": v.problems} for v in found
        ]
        click.echo(json.dumps(told, indent=2))
    else:
        for verdict in found:
            problems = "; ".join(verdict.problems)
            click.echo(f"{verdict.manifest}: {problems or f'{verdict.files} files as exported'}")
    if any(verdict.problems for verdict in found):
        msg = "what lies there is not what was exported; export it again"
        raise InputError(msg)
