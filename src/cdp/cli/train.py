"""`cdp train`: make a new model from what the workspace holds now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdp import pipeline
from cdp.cli.options import clock, open_workspace, settings, workspace_option
from cdp.cli.run import talk
from cdp.identity.model_versions import Versions

if TYPE_CHECKING:
    from pathlib import Path


@click.group("train")
def COMMAND() -> None:  # noqa: N802 - contract of cdp.cli
    """Make a new model; between trainings a model is frozen."""


@COMMAND.command("identity")
@workspace_option
def identity(workspace_dir: Path) -> None:
    """Train identity resolution anew, resolve with the new model, and publish.

    Ids are carried over: a profile keeps its id as long as its records stay together.
    """
    workspace = open_workspace(workspace_dir)
    pipeline.check(workspace)
    Versions(workspace.home).forget()
    request = pipeline.Request(from_stage="identity")
    result = pipeline.run(workspace, settings(), clock, request, talk)
    click.echo(f"run {result.run_id}: {result.outcome}", err=True)
