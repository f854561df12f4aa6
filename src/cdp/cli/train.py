"""`cdp train`: make a new model from what the workspace holds now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdp import pipeline
from cdp.cli.options import clock, open_workspace, settings, workspace_option
from cdp.cli.run import talk

if TYPE_CHECKING:
    from pathlib import Path


@click.group("train")
def COMMAND() -> None:  # noqa: N802 - contract of cdp.cli
    """Make a new model; between trainings a model is frozen."""


@COMMAND.command("identity")
@workspace_option
def identity(workspace_dir: Path) -> None:
    """Train identity resolution anew, resolve with the new model, and publish.

    Ids are carried over: a profile keeps its id as long as its records stay together. See what a
    new model would change first with `cdp plan --retrain`.
    """
    workspace = open_workspace(workspace_dir)
    request = pipeline.Request(from_stage="identity", retrain=True)
    result = pipeline.run(workspace, settings(), clock, request, talk)
    click.echo(f"run {result.run_id}: {result.outcome}", err=True)
