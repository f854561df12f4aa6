"""`cdp segment`: list segments, try a definition out; see `segment_commands` for the others."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from cdp.cli.export import of_segment
from cdp.cli.options import json_option, note, open_workspace, workspace_option
from cdp.cli.segment_commands import COMMANDS, published, segment_of
from cdp.privacy.masking import mask
from cdp.segments.compiler import compiled
from cdp.segments.definition import SegmentFile
from cdp.segments.freshness import waits_for
from cdp.segments.known import files, known, scores_of
from cdp.segments.portrait import portrait
from cdp.segments.preview import parts, preview
from cdp.settings import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.segments.portrait import Dimension
    from cdp.segments.preview import Part, Preview
    from cdp.settings import Workspace

_FEW = 5
_NOTABLE = (70, 140)
"""Indexes below and above which a value is told in a line."""


@click.group("segment")
def COMMAND() -> None:  # noqa: N802 - the name is the contract of cdp.cli
    """List segments, try a definition out, fill groups, measure, export who may be contacted."""


COMMAND.add_command(of_segment)
for command in COMMANDS:
    COMMAND.add_command(command)


@COMMAND.command("list")
@workspace_option
@json_option
def list_(workspace_dir: Path, as_json: bool) -> None:
    """List the segments, of files and made through the API, with their published sizes."""
    workspace = open_workspace(workspace_dir)
    with published(workspace) as (warehouse, _):
        sizes = dict(
            warehouse.query(
                "select segment, count(*) as members from gold.segment_member group by segment"
            ).rows()
        )
    found = [
        {
            "segment": name,
            "of": one.definition.of,
            "members": sizes.get(name, 0),
            "origin": one.origin,
            "description": one.definition.description,
        }
        for name, one in known(workspace).items()
    ]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    table = Table("segment", "of", "members", "origin", "description", box=None)
    for row in found:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


@COMMAND.command("preview")
@click.argument("name")
@workspace_option
@click.option("--sample", default=10, show_default=True, help="How many members to show.")
@click.option("--unmask", is_flag=True, help="Show their names unmasked.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the query it becomes, and stop.")
@click.option(
    "--charts",
    type=click.Path(path_type=Path, file_okay=False),
    help="Draw what the members are like, and the conditions, into this folder.",
)
@json_option
def preview_(  # noqa: PLR0913, PLR0917 - options are arguments
    name: str,
    workspace_dir: Path,
    sample: int,
    unmask: bool,
    as_sql: bool,
    charts: Path | None,
    as_json: bool,
) -> None:
    """Try a definition out on the published generation: a segment's NAME, or a YAML file."""
    workspace = open_workspace(workspace_dir)
    name, definition = _definition(workspace, name)
    declared, scores = {**files(workspace), name: definition}, scores_of(workspace)
    segment = compiled(name, declared, scores)
    if as_sql:
        click.echo(segment.sql)
        return
    note(workspace.home, "segment.preview", [name])
    with published(workspace) as (warehouse, described):
        as_of = datetime.fromisoformat(described.as_of)
        found = preview(warehouse, segment, as_of, sample, definition)
        dimensions = portrait(warehouse, definition.of, as_of)
        made = parts(warehouse, (name, definition), (declared, scores), as_of)
    if charts is not None:
        _draw(charts, dimensions, made)
    document = {
        "segment": name,
        "generation": described.generation,
        "members": found.members,
        "everybody": found.everybody,
        "entering": found.entering,
        "leaving": found.leaving,
        "control": found.control,
        "overlap": dict(found.overlap),
        "conditions": [msgspec.to_builtins(part) for part in made],
        "waits_for": waits_for(segment, definition, declared),
        "sample": _sample(found, unmask=unmask),
        "profile": [dimension.document() for dimension in dimensions],
    }
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))
        return
    _tell(document, made)


def _tell(document: dict[str, Any], made: Sequence[Part]) -> None:
    click.echo(
        f"{document['segment']}: {document['members']:,} members of {document['everybody']:,} "
        f"in generation {document['generation']}"
    )
    click.echo(
        f"against the published segment: {document['entering']:,} enter, "
        f"{document['leaving']:,} leave"
    )
    for part in made:
        said = json.dumps(part.condition, ensure_ascii=False, default=str)
        click.echo(f"{part.members:>9,} alone {part.cumulative:>9,} so far  {said}")
    for other, shared in document["overlap"].items():
        click.echo(f"also in {other}: {shared:,}")
    for dimension in document["profile"]:
        for one in dimension["values"]:
            index = one["index"]
            notable = index is not None and not _NOTABLE[0] < index < _NOTABLE[1]
            if notable and one["members"] >= _FEW:
                told = f"{one['members']:,} members, index {index}"
                click.echo(f"{dimension['dimension']} {one['value']}: {told}")
    for one in document["sample"]:
        click.echo(f"  {one['profile_id']}  {one['name'] or ''}")


def _sample(found: Preview, *, unmask: bool) -> list[dict[str, Any]]:
    named = [{"profile_id": id_, "full_name": name} for id_, name in found.sample]
    shown = named if unmask else [mask("profile", one) for one in named]
    return [{"profile_id": one["profile_id"], "name": one["full_name"]} for one in shown]


def _draw(folder: Path, dimensions: Sequence[Dimension], made: Sequence[Part]) -> None:
    from cdp.steward import segment_charts  # noqa: PLC0415 - matplotlib is slow to load

    folder.mkdir(parents=True, exist_ok=True)
    pictures = {one.name.replace(" ", "_"): segment_charts.dimension(one) for one in dimensions}
    if made:
        pictures["conditions"] = segment_charts.conditions(made)
    for name, picture in sorted(pictures.items()):
        path = folder / f"{name}.svg"
        path.write_text(picture, encoding="utf-8")
        click.echo(path, err=True)


def _definition(workspace: Workspace, name: str) -> tuple[str, SegmentFile]:
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        return path.stem, load(path, SegmentFile)
    return name, segment_of(workspace, name).definition
