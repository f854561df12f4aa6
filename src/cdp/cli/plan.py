"""`cdp plan`: what a run would change, without changing anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cdp.cli.options import clock, json_option, open_workspace, settings, workspace_option
from cdp.cli.run import data_option, moment_option, talk
from cdp.planning.trial import Trial, plan

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from cdp.planning.trial import Difference

_TITLES = {
    "merges": "Profiles that would become one",
    "splits": "Profiles that would fall apart",
    "members": "Segment members in and out",
    "consents": "Permissions that would be another",
    "attributes": "Golden values that would be another",
}


@click.command("plan")
@workspace_option
@click.option(
    "--rules",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with the changed rules (default: the workspace's own files as they are now).",
)
@data_option
@click.option("--retrain", is_flag=True, help="Try a newly trained identity model.")
@moment_option
@click.option("--limit", default=10, show_default=True, help="Rows to show of each list; 0: all.")
@json_option
def COMMAND(  # noqa: N802, PLR0913, PLR0917 - the name is the contract of cdp.cli; options are arguments
    workspace_dir: Path,
    rules: Path | None,
    data: Path | None,
    retrain: bool,
    as_of: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Say what `cdp run` would change after you edited a rule, got new data, or retrained.

    The run is made on a copy: ids, tables and the served generation stay as they are.
    """
    workspace = open_workspace(workspace_dir, data)
    trial = Trial(rules.resolve() if rules else None, retrain, as_of)
    difference = plan(workspace, settings(), clock, trial, talk)
    if as_json:
        click.echo(json.dumps(difference.document(limit or None), indent=2))
        return
    _show(difference, limit)


def _show(difference: Difference, limit: int) -> None:
    console = Console(highlight=False)
    _print(console, "Profiles", difference.profiles)
    for name, title in _TITLES.items():
        frame: pl.DataFrame = getattr(difference, name)
        if len(frame):
            _print(console, f"{title}: {len(frame):,}", frame.head(limit or len(frame)))
    if difference.is_empty:
        console.print("Nothing would change.")


def _print(console: Console, title: str, frame: pl.DataFrame) -> None:
    table = Table(box=SIMPLE_HEAD)
    for name in frame.columns:
        table.add_column(name.replace("_", " "), no_wrap=name.endswith("_id"), overflow="fold")
    for row in frame.iter_rows():
        table.add_row(*(_cell(value) for value in row))
    console.print(title, style="bold", end="")
    console.print(table)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return "" if value is None else str(value)
