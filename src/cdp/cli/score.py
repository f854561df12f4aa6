"""`cdp score`: list scores and their models, train one, read its card, go back to another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cdp import pipeline
from cdp.cli.options import clock, json_option, open_workspace, settings, workspace_option
from cdp.cli.run import moment_option, talk
from cdp.cli.table import lines, screen_width
from cdp.errors import StateError, UnknownNameError
from cdp.scores.definition import SCORES
from cdp.scores.trained import outcomes
from cdp.scores.trained.definition import PredictiveScore
from cdp.scores.trained.listing import listing, one
from cdp.scores.trained.versions import Versions

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cdp.settings import Workspace

_COLUMNS = ("score", "method", "model", "status", "age", "expires", "drift", "came true")


@click.group("score")
def COMMAND() -> None:  # noqa: N802 - the name is the contract of cdp.cli
    """List scores, train the models of those that are predicted, read a model's card, go back."""


@COMMAND.command("list")
@workspace_option
@json_option
def list_(workspace_dir: Path, as_json: bool) -> None:
    """List the scores of the workspace: their models, age, drift, and what came of them."""
    rows = listing(open_workspace(workspace_dir), clock())
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for line in lines(_COLUMNS, [_shown(row) for row in rows], screen_width()):
        click.echo(line)


@COMMAND.command("train")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@workspace_option
@moment_option
def train(names: tuple[str, ...], workspace_dir: Path, as_of: datetime | None) -> None:
    """Train the model of NAME anew, score everybody with it, and publish.

    The version before is kept: `cdp score list --json` compares them, `cdp score rollback NAME`
    goes back.
    """
    workspace = open_workspace(workspace_dir)
    for name in names:
        _predicted(workspace, name)
    request = pipeline.Request(as_of=as_of, from_stage="scores", train=frozenset(names))
    result = pipeline.run(workspace, settings(), clock, request, talk)
    click.echo(f"run {result.run_id}: {result.outcome}", err=True)


@COMMAND.command("card")
@click.argument("name")
@click.option("--version", help="A version that is kept; default: the one that counts.")
@workspace_option
@json_option
def card(name: str, version: str | None, workspace_dir: Path, as_json: bool) -> None:
    """Print the card of the model of NAME: data, back-test, gate, features, limits."""
    workspace = open_workspace(workspace_dir)
    told = one(workspace, name, clock(), version)
    if told["card"] is None:
        _predicted(workspace, name)
        msg = f"{name} has no model yet; `cdp score train {name}` makes one"
        raise StateError(msg)
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    page = Versions(workspace.home, name).folder / told["card"]["version"] / "card.md"
    click.echo(page.read_text(encoding="utf-8"), nl=False)
    came = outcomes.page(outcomes.read(page.parent.parent))
    if came:
        click.echo(f"\n{came}", nl=False)
    click.echo(f"charts: {page.parent}", err=True)


@COMMAND.command("rollback")
@click.argument("name")
@click.option("--version", help="A version that is kept; default: the one before.")
@workspace_option
def rollback(name: str, version: str | None, workspace_dir: Path) -> None:
    """Go back to an earlier model of NAME, score everybody with it, and publish.

    Runs keep that model, however old it gets, until `cdp score train NAME`.
    """
    workspace = open_workspace(workspace_dir)
    _predicted(workspace, name)
    declared = workspace.many(SCORES)[name].root
    assert isinstance(declared, PredictiveScore)  # noqa: S101 - `_predicted` saw to it
    found = Versions(workspace.home, name).back(version, declared.trained_by())
    click.echo(f"{name}: model {found.version} counts", err=True)
    request = pipeline.Request(from_stage="scores")
    result = pipeline.run(workspace, settings(), clock, request, talk)
    click.echo(f"run {result.run_id}: {result.outcome}", err=True)


def _predicted(workspace: Workspace, name: str) -> None:
    """Return where a score has a model.

    Raises:
        UnknownNameError: there is no such score.
        StateError: it is computed without one.
    """
    rows = {row["score"]: row for row in listing(workspace, clock())}
    if name not in rows:
        kind = "score"
        raise UnknownNameError(kind, name, sorted(rows))
    if not rows[name]["is_predicted"]:
        msg = f"{name} is computed by the method {rows[name]['method']}, which has no model"
        raise StateError(msg)


def _shown(row: dict[str, Any]) -> tuple[object, ...]:
    model = row["model"]
    if model is None:
        waits = "not trained yet" if row["is_predicted"] else None
        return (row["score"], row["method"], None, waits, None, None, None, None)
    drift = "" if model["drift"] is None else f"{model['drift_of']} {model['drift']:.2f}"
    name = f"{model['model_version']}{' (pinned)' if model['is_pinned'] else ''}"
    return (
        *(row["score"], row["method"], name, model["status"]),
        *(f"{model['age_days']} days", model["expires_at"][:10], drift),
        _came_true(model["outcomes"]),
    )


def _came_true(outcomes: list[dict[str, Any]]) -> str:
    """Return what came of the forecast that came due last."""
    if not outcomes:
        return ""
    last = outcomes[-1]
    off, skill = last["total_error"], last["brier_skill"]
    told = "nothing came" if off is None else f"off {off:+.0%}"
    return f"{told}{'' if skill is None else f', skill {skill:+.2f}'}"
