"""`cdp schedule`: what is done by the clock."""

from __future__ import annotations

import getpass
import json
import signal
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cdp.cli.options import clock, json_option, open_workspace, settings, workspace_option
from cdp.schedules import declared
from cdp.schedules.keeper import Keeper
from cdp.schedules.listing import listing, told
from cdp.store.state import State
from cdp.store.state_schedules import ScheduleRuns
from cdp.telemetry import logs

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

_by_option = click.option(
    "--by",
    default=getpass.getuser,
    show_default="the user of this computer",
    help="Who says so.",
)


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """List, keep, begin and pause what is done by the clock.

    A schedule is a file schedules/NAME.yaml, or the `schedule:` of a source.
    """


@COMMAND.command("list")
@workspace_option
@json_option
def list_(workspace_dir: Path, as_json: bool) -> None:
    """List the schedules: when each is due next, and how it went last."""
    rows = listing(open_workspace(workspace_dir), clock())
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        click.echo("no schedule is declared; add schedules/<name>.yaml, or schedule: to a source")
        return
    table = Table(box=SIMPLE_HEAD)
    for title in ("schedule", "due", "next (UTC)", "does", "last"):
        table.add_column(title, overflow="fold")
    for row in rows:
        due = "paused" if row["paused"] else row["next_due"][:16].replace("T", " ")
        last = row["last_run"]
        went = f"{last['outcome']} {last['due_at'][:16].replace('T', ' ')}" if last else ""
        table.add_row(row["schedule"], row["cron"], due, " ".join(row["command"]), went)
    Console().print(table)


@COMMAND.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@workspace_option
@json_option
def history(name: str, limit: int, workspace_dir: Path, as_json: bool) -> None:
    """Show how the schedule NAME went, the latest run first."""
    workspace = open_workspace(workspace_dir)
    declared.chosen(workspace, name)
    with State.open(workspace.home) as state:
        rows = [told(run) for run in ScheduleRuns(state).of(name, limit=limit)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo("  ".join(_words(row)))


@COMMAND.command()
@click.argument("name")
@_by_option
@workspace_option
def run(name: str, by: str, workspace_dir: Path) -> None:
    """Ask for the schedule NAME now; whoever keeps the schedules begins it."""
    workspace = open_workspace(workspace_dir)
    declared.chosen(workspace, name)
    with State.open(workspace.home) as state:
        ScheduleRuns(state).ask(name, by=by, at=clock())
    click.echo(
        f"{name} is asked for; `cdp serve --schedules` or `cdp schedule keep` begins it", err=True
    )


@COMMAND.command()
@click.argument("name")
@click.option("--why", "reason", required=True, help="Why it is not to be begun.")
@_by_option
@workspace_option
def pause(name: str, reason: str, by: str, workspace_dir: Path) -> None:
    """Begin the schedule NAME no more until it is resumed."""
    workspace = open_workspace(workspace_dir)
    declared.chosen(workspace, name)
    with State.open(workspace.home) as state:
        ScheduleRuns(state).pause(name, by=by, reason=reason, at=clock())
    click.echo(f"{name} is paused", err=True)


@COMMAND.command()
@click.argument("name")
@workspace_option
def resume(name: str, workspace_dir: Path) -> None:
    """Begin the schedule NAME again when it is due."""
    workspace = open_workspace(workspace_dir)
    declared.chosen(workspace, name)
    with State.open(workspace.home) as state:
        was_paused = ScheduleRuns(state).resume(name)
    click.echo(f"{name} {'is resumed' if was_paused else 'was not paused'}", err=True)


@COMMAND.command()
@workspace_option
def keep(workspace_dir: Path) -> None:
    """Begin what is due until stopped, without serving the API.

    One keeper of a workspace works; a second one stands by until the first is gone. It logs to
    stderr as `cdp serve` does: CDP_LOG_LEVEL, CDP_LOG_FORMAT.
    """
    workspace = open_workspace(workspace_dir)
    declared.every(workspace)
    chosen = settings()
    logs.configure(chosen.log_format, chosen.log_level)
    keeper = Keeper(workspace, clock)

    def stop(_: int, __: FrameType | None) -> None:
        keeper.tell_to_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo(f"keeping the schedules of {workspace.root}", err=True)
    keeper.work()


def _words(row: dict[str, Any]) -> list[str]:
    started, finished = row["started_at"] or "", row["finished_at"] or ""
    words = [row["due_at"][:19], row["outcome"], started[11:19], finished[11:19]]
    return [*words, *([row["asked_by"]] if row["asked_by"] else []), row["message"] or ""]
