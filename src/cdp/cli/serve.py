"""`cdp serve`: answer the API over the published generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cdp.cli.options import open_workspace, settings, workspace_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@workspace_option
@click.option("--host", help="Address to listen on.  [default: CDP_HOST or 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.  [default: CDP_PORT or 8321]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Server processes.",
)
@click.option(
    "--schedules/--no-schedules",
    default=False,
    help="Begin what schedules/*.yaml and the sources say is due, beside serving.",
)
def COMMAND(  # noqa: N802 - the contract of cdp.cli
    workspace_dir: Path, host: str | None, port: int | None, workers: int, schedules: bool
) -> None:
    """Answer the API until stopped; a new generation is taken up while serving.

    `/docs` shows the endpoints, `/openapi.json` describes them for programs. Callers need a
    key: `cdp keys create`.
    """
    from cdp.server import serve  # noqa: PLC0415 - the other commands start without the server

    changes = {"host": host, "port": port}
    chosen = settings().model_copy(update={k: v for k, v in changes.items() if v is not None})
    workspace = open_workspace(workspace_dir)
    serve(
        workspace,
        chosen,
        workers=workers,
        schedules=schedules,
        announce=lambda url: click.echo(f"serving {workspace.root} on {url}", err=True),
    )
