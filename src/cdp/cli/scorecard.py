"""`cdp scorecard`: how good identity resolution was, run by run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cdp.cli.options import json_option, open_workspace, workspace_option
from cdp.errors import NotFoundError
from cdp.scorecard.definition import METRICS
from cdp.scorecard.stage import BAND, TABLE
from cdp.store.peek import peek

if TYPE_CHECKING:
    from pathlib import Path


@click.command("scorecard")
@workspace_option
@click.option("--run", "run_id", type=int, help="Number of the run (default: the last measured).")
@json_option
def COMMAND(workspace_dir: Path, run_id: int | None, as_json: bool) -> None:  # noqa: N802 - contract of cdp.cli
    """Show what a run was measured by: sizes, ids moved, doubts, canaries, labels, gates."""
    workspace = open_workspace(workspace_dir)
    with peek(workspace.home) as warehouse:
        found = warehouse.query(
            f"select * from {TABLE} where run_id = coalesce($run_id, "  # noqa: S608 - a constant
            f"(select max(run_id) from {TABLE})) and not starts_with(metric, $band)",
            run_id=run_id,
            band=BAND,
        ).to_dicts()
    if not found:
        msg = "no such run was measured; `cdp run` measures each in which identities changed"
        raise NotFoundError(msg)
    place = {name: number for number, name in enumerate(METRICS)}
    found.sort(key=lambda row: place.get(row["metric"], len(place)))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        _show(found)


def _show(rows: list[dict[str, Any]]) -> None:
    table = Table("metric", "value", "95 %", "gate", "what it says", box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(
            row["metric"],
            _number(row["value"]),
            "" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}",
            _gate(row),
            row["detail"] or METRICS.get(row["metric"], ""),
        )
    console = Console(highlight=False)
    console.print(f"run {rows[0]['run_id']}", style="bold")
    console.print(table)


def _gate(row: dict[str, Any]) -> str:
    bounds = [(">=", row["at_least"]), ("<=", row["at_most"])]
    words = " ".join(f"{sign} {_number(bound)}" for sign, bound in bounds if bound is not None)
    return f"{words}  breached" if row["breached"] else words


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4f}"
