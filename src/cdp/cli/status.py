"""`cdp status`: what was published, how the last run went, what was quarantined."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cdp.cli.options import json_option, open_workspace, workspace_option
from cdp.store import manifest
from cdp.store.overview import overview
from cdp.store.peek import peek

if TYPE_CHECKING:
    from pathlib import Path


_NAMES = ("stage", "source", "object", "reason")
"""Columns that are never cut, however narrow the screen is."""


@click.command("status")
@workspace_option
@json_option
def COMMAND(workspace_dir: Path, as_json: bool) -> None:  # noqa: N802 - contract of cdp.cli
    """Show what is served, how the last run went, and what each source delivered."""
    home = open_workspace(workspace_dir).home
    with peek(home) as warehouse:
        found = overview(warehouse)
    served = manifest.current(home)
    found["served"] = (
        {"generation": served.generation, "run_id": served.run_id, "as_of": served.as_of}
        if served
        else None
    )
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    console = Console()
    served, last = found["served"], found["run"]
    if served:
        console.print(f"generation {served['generation']} of run {served['run_id']} is served")
    else:
        console.print("nothing is published yet")
    if last:
        console.print(f"run {last['run_id']} as of {last['as_of']}: {last['outcome']}")
        if last["message"]:
            console.print(last["message"], markup=False)
    for stage in found["stages"]:
        stage["counts"] = ", ".join(f"{k} {v:,}" for k, v in stage["counts"].items())
    for title in ("stages", "sources", "quarantine"):
        _print_rows(console, title, found[title])


def _print_rows(console: Console, title: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in rows[0]:
        table.add_column(name.replace("_", " "), no_wrap=name in _NAMES, overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)
