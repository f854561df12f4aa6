"""`cdp run`: bring a workspace up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cdp import pipeline
from cdp.cli.options import clock, json_option, open_workspace, settings, workspace_option
from cdp.telemetry import traces

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.stage import Report


_PARTLY = 3
"""Exit code of a run that was finished without some sources."""


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return pipeline.moment(value)
    except ValueError:
        msg = f"{value!r} is no ISO 8601 date or timestamp, such as 2026-07-01"
        raise click.BadParameter(msg, ctx, param) from None


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that file sources read, instead of the workspace's.",
)
moment_option = click.option(
    "--as-of", callback=_moment, metavar="TIME", help="Moment to look from (ISO 8601, UTC)."
)


@click.command("run")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@workspace_option
@data_option
@click.option(
    "--full/--delta",
    default=False,
    help="Do everything anew, or (default) only what the changes reach; the outcome is the same.",
)
@click.option(
    "--from",
    "from_stage",
    metavar="STAGE",
    help="Leave earlier stages out; run this one and the later ones.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="NAME",
    help="Ask this source alone for what is new; can be given more than once.",
)
@moment_option
@json_option
def COMMAND(  # noqa: N802, PLR0913, PLR0917 - the name is the contract of cdp.cli; options are arguments
    folder: Path | None,
    workspace_dir: Path,
    data: Path | None,
    full: bool,
    from_stage: str | None,
    sources: tuple[str, ...],
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Bring the workspace in FOLDER up to date: load, resolve, score, segment, publish.

    Running it twice changes nothing. A run that was stopped is taken up where it stopped.
    Ends with 1 where it could not be finished, and with 3 where it was, without a source that
    could not be read: what that one brought before stays.
    """
    workspace = open_workspace(folder or workspace_dir, data)
    asked = frozenset(sources) or None
    request = pipeline.Request(as_of=as_of, full=full, from_stage=from_stage, sources=asked)
    traces.begin()
    try:
        result = pipeline.run(workspace, settings(), clock, request, talk)
    finally:
        traces.end()
    click.echo(f"run {result.run_id}: {result.outcome}", err=True)
    if as_json:
        click.echo(json.dumps(_document(result), indent=2))
    failed = sum(r.report.counts.get("sources_failed", 0) for r in result.stages if r.report)
    if failed:
        what = "1 source was" if failed == 1 else f"{failed:,} sources were"
        click.echo(f"{what} not read, or not wholly; `cdp status` shows why", err=True)
        sys.exit(_PARTLY)


def talk(progress: pipeline.Progress) -> None:
    """Say on stderr how a run is getting on."""
    if progress.moment == "unchanged":
        click.echo(f"{progress.stage:<11}unchanged", err=True)
    elif progress.moment == "finished" and progress.report is not None:
        click.echo(
            f"{progress.stage:<11}{progress.seconds:6.1f} s  {_counts(progress.report)}", err=True
        )
        for note in progress.report.notes:
            click.echo(f"{'':<21}{note}", err=True)


def _counts(report: Report) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in report.counts.items())


def _document(result: pipeline.RunResult) -> dict[str, object]:
    return {
        "run_id": result.run_id,
        "as_of": result.as_of.isoformat(),
        "outcome": result.outcome,
        "stages": [
            {
                "stage": r.stage,
                "seconds": round(r.seconds, 3),
                "unchanged": r.report is None,
                "counts": dict(r.report.counts) if r.report else {},
                "notes": list(r.report.notes) if r.report else [],
            }
            for r in result.stages
        ],
    }
