"""`cdp analyse`: questions asked of all customers at once, answered with words, tables, charts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdp import pipeline
from cdp.analyses import report
from cdp.analyses.definition import offered
from cdp.cli.options import clock, json_option, open_workspace, settings, workspace_option
from cdp.cli.run import moment_option, talk
from cdp.cli.segment_commands import published
from cdp.cli.table import lines, screen_width
from cdp.errors import UnknownNameError
from cdp.store import manifest

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.settings import Workspace

    Told = dict[str, Any]

_COLUMNS = ("analysis", "kind", "as of", "status", "what it says")
_SHOWN = 20
"""Rows of the main table that are printed; the file holds all."""


@click.command("analyse")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@workspace_option
@moment_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for what is written, one in it for each NAME; default: .cdp/analyses.",
)
@json_option
def COMMAND(  # noqa: N802 - contract of cdp.cli
    names: tuple[str, ...],
    workspace_dir: Path,
    as_of: datetime | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Answer NAME from the data as it is now, publish it, and write its report and charts.

    NAME is an analysis of the workspace's files, or a kind that needs no definition. Without one,
    list what there is and what each said last.
    """
    workspace = open_workspace(workspace_dir)
    if not names:
        _list(workspace, as_json=as_json)
        return
    there = offered(workspace)
    for name in names:
        if name not in there:
            kind = "analysis"
            raise UnknownNameError(kind, name, sorted(there))
    manifest.published(workspace.home)
    request = pipeline.Request(as_of=as_of, from_stage="analyses", analyse=frozenset(names))
    result = pipeline.run(workspace, settings(), clock, request, talk)
    click.echo(f"run {result.run_id}: {result.outcome}", err=True)
    folder = out or workspace.home / "analyses"
    with published(workspace) as (warehouse, _):
        told = [report.one(warehouse, name) for name in dict.fromkeys(names)]
        for one in told if out is None else ():
            shutil.rmtree(folder / one["analysis"], ignore_errors=True)  # charts of before
        files = [report.write(warehouse, one, folder / one["analysis"]) for one in told]
    if as_json:
        document = [
            one | {"files": [str(path) for path in written]}
            for one, written in zip(told, files, strict=True)
        ]
        click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))
        return
    for one, written in zip(told, files, strict=True):
        _tell(one)
        click.echo(
            f"written: {', '.join(p.name for p in written)} in {written[0].parent}", err=True
        )


def _list(workspace: Workspace, *, as_json: bool) -> None:
    if manifest.current(workspace.home) is None:
        rows = report.listing(workspace, None)
    else:
        with published(workspace) as (warehouse, _):
            rows = report.listing(workspace, warehouse)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for line in lines(_COLUMNS, [_shown(row) for row in rows], screen_width()):
        click.echo(line)


def _shown(row: Told) -> tuple[object, ...]:
    if row["status"] is None:
        return (row["analysis"], row["kind"], None, "not made yet", None)
    return (row["analysis"], row["kind"], row["as_of"][:10], row["status"], row["words"][0])


def _tell(told: Told) -> None:
    click.echo(click.style(f"{told['analysis']}: {told['status']}", bold=True))
    for sentence in told["words"]:
        click.echo(sentence)
    if told["marks"]:
        click.echo(f"marks: {', '.join(told['marks'])}")
    for rows in list(told["tables"].values())[:1]:
        _tell_rows(rows)


def _tell_rows(rows: list[Told]) -> None:
    if not rows:
        return
    shown = [[_rounded(value) for value in row.values()] for row in rows[:_SHOWN]]
    for line in lines(list(rows[0]), shown, screen_width()):
        click.echo(line)
    if len(rows) > _SHOWN:
        click.echo(f"and {len(rows) - _SHOWN:,} rows more", err=True)


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value
