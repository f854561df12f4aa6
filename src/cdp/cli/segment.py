"""`cdp segment`: list segments, try a definition out, export one."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from cdp.activation.export import Export, Stamp, prepare, write
from cdp.cli.options import json_option, open_workspace, workspace_option
from cdp.destinations import DESTINATIONS, Destination, DestinationDefinition
from cdp.errors import ConfigError, StateError, UnknownNameError
from cdp.segments.definition import SEGMENTS
from cdp.segments.preview import preview
from cdp.segments.stage import definitions
from cdp.store import Warehouse, goldfile, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.segments.compiler import Compiled
    from cdp.settings import Workspace
    from cdp.store.manifest import Manifest

_FORMATS = {"csv": "csv_file", "parquet": "parquet_file"}


@click.group("segment")
def COMMAND() -> None:  # noqa: N802 - the name is the contract of cdp.cli
    """List segments, preview a definition, export members who may be contacted."""


@COMMAND.command("list")
@workspace_option
@json_option
def list_(workspace_dir: Path, as_json: bool) -> None:
    """List the segments of the workspace with their published sizes."""
    workspace = open_workspace(workspace_dir)
    with _published(workspace) as (warehouse, _):
        sizes = dict(
            warehouse.query(
                "select segment, count(*) as members from gold.segment_member group by segment"
            ).rows()
        )
    declared = workspace.many(SEGMENTS)
    found = [
        {"segment": name, "of": d.of, "members": sizes.get(name, 0), "description": d.description}
        for name, d in declared.items()
    ]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    table = Table("segment", "of", "members", "description", box=None, header_style="bold")
    for row in found:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


@COMMAND.command("preview")
@click.argument("name")
@workspace_option
@click.option("--sample", default=10, show_default=True, help="How many members to show.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the query it becomes, and stop.")
@json_option
def preview_(name: str, workspace_dir: Path, sample: int, as_sql: bool, as_json: bool) -> None:
    """Evaluate segments/NAME.yaml, as it is now, on the published generation."""
    workspace = open_workspace(workspace_dir)
    segment = _segment(workspace, name)
    if as_sql:
        click.echo(segment.sql)
        return
    with _published(workspace) as (warehouse, published):
        found = preview(warehouse, segment, datetime.fromisoformat(published.as_of), sample)
    if as_json:
        document = {
            "segment": name,
            "generation": published.generation,
            "members": found.members,
            "entering": found.entering,
            "leaving": found.leaving,
            "overlap": dict(found.overlap),
            "sample": [{"profile_id": id_, "name": shown} for id_, shown in found.sample],
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    click.echo(f"{name}: {found.members:,} members in generation {published.generation}")
    click.echo(f"against the published segment: {found.entering:,} enter, {found.leaving:,} leave")
    for other, shared in found.overlap.items():
        click.echo(f"also in {other}: {shared:,}")
    for id_, shown in found.sample:
        click.echo(f"  {id_}  {shown or ''}")


@COMMAND.command("export")
@click.argument("name")
@workspace_option
@click.option(
    "--format", "format_", type=click.Choice(list(_FORMATS)), default="csv", show_default=True
)
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
def export_(  # noqa: PLR0913, PLR0917 - options are arguments
    name: str,
    workspace_dir: Path,
    format_: str,
    out: Path | None,
    columns: str | None,
    purpose: str,
    channel: str,
) -> None:
    """Write the published members of NAME who permitted PURPOSE on CHANNEL to a file.

    A manifest beside it says how many left and how many were held back, by reason. Purpose
    `internal` contacts nobody and needs no permission.
    """
    workspace = open_workspace(workspace_dir)
    segment = _segment(workspace, name)
    party = "name" if segment.entity == "organisation" else "full_name"
    chosen = columns.split(",") if columns else ["profile_id", "contact", party]
    destination = DESTINATIONS.get(_FORMATS[format_])
    definition = _definition(
        destination,
        {
            "type": destination.name,
            "segments": (name,),
            "purpose": purpose,
            "channel": channel,
            "columns": [column.strip() for column in chosen],
        },
    )
    wish = Export("on-demand", definition, name)
    with _published(workspace) as (warehouse, published):
        prepared = prepare(warehouse, wish)
        folder = workspace.home / "exports" / wish.destination
        path = out or folder / f"{name}-generation-{published.generation}{destination.suffix}"
        identity = f"{name}/{published.generation}/{prepared.content_hash}"
        activation_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
        as_of = datetime.fromisoformat(published.as_of)
        stamp = Stamp(published.run_id, published.generation, as_of)
        exported = write(warehouse, prepared, path.resolve(), activation_id, stamp)
    held = ", ".join(f"{n:,} {reason}" for reason, n in exported.gated.suppressed.items())
    click.echo(
        f"{name}: {exported.gated.members:,} members, {exported.gated.sent:,} sent"
        f"{f', held back: {held}' if held else ''}",
        err=True,
    )
    click.echo(exported.file.path)
    click.echo(exported.manifest)


def _definition(
    destination: Destination[DestinationDefinition], wish: dict[str, object]
) -> DestinationDefinition:
    try:
        return destination.definition.model_validate(wish)
    except ValidationError as error:
        told = "; ".join(problem["msg"] for problem in error.errors(include_url=False))
        raise ConfigError(told) from None


def _segment(workspace: Workspace, name: str) -> Compiled:
    segments = definitions(workspace)
    if name not in segments:
        raise UnknownNameError(kind="segment", name=name, known=sorted(segments))
    return segments[name]


@contextmanager
def _published(workspace: Workspace) -> Iterator[tuple[Warehouse, Manifest]]:
    described = manifest.current(workspace.home)
    if described is None:
        msg = f"nothing is published in {workspace.root}; run `cdp run` first"
        raise StateError(msg)
    with goldfile.reading(described.path(workspace.home, "gold")) as connection:
        yield Warehouse(connection), described
