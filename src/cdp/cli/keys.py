"""`cdp keys`: keys of applications that call the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from cdp.cli.options import clock, json_option, open_workspace, workspace_option
from cdp.privacy import keys

if TYPE_CHECKING:
    from pathlib import Path

_SCOPES = ", ".join(keys.SCOPES)


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """Make, list, rotate and revoke keys of applications."""


@COMMAND.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("profiles:read",),
    show_default=True,
    help=f"What the key may do, repeatable: {_SCOPES}, view:NAME.",
)
@workspace_option
@json_option
def create(name: str, scopes: tuple[str, ...], workspace_dir: Path, as_json: bool) -> None:
    """Make a key for the application NAME; it is shown now and never again."""
    home = open_workspace(workspace_dir).home
    _show(*keys.create(home, name, scopes, at=clock()), as_json=as_json)


@COMMAND.command()
@click.argument("key_id")
@workspace_option
@json_option
def rotate(key_id: str, workspace_dir: Path, as_json: bool) -> None:
    """Replace the key KEY_ID by a new one with its name and scopes; the old one stops working."""
    home = open_workspace(workspace_dir).home
    _show(*keys.rotate(home, key_id, at=clock()), as_json=as_json)


@COMMAND.command()
@click.argument("key_id")
@workspace_option
def revoke(key_id: str, workspace_dir: Path) -> None:
    """Take the key KEY_ID out of force; servers refuse it within a second."""
    keys.revoke(open_workspace(workspace_dir).home, key_id, at=clock())
    click.echo(f"key {key_id} is revoked", err=True)


@COMMAND.command("list")
@workspace_option
@json_option
def list_(workspace_dir: Path, as_json: bool) -> None:
    """List all keys ever made, without the keys themselves."""
    rows = [
        {
            "key_id": key.key_id,
            "name": key.name,
            "scopes": sorted(key.scopes),
            "created_at": key.created_at.isoformat(timespec="seconds"),
            "revoked_at": key.revoked_at.isoformat(timespec="seconds") if key.revoked_at else None,
        }
        for key in keys.every(open_workspace(workspace_dir).home)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table("id", "name", "scopes", "created", "revoked", box=None)
    for row in rows:
        scopes = ", ".join(row["scopes"] or ())
        table.add_row(
            str(row["key_id"]),
            str(row["name"]),
            scopes,
            str(row["created_at"]),
            str(row["revoked_at"] or ""),
        )
    Console().print(table)


def _show(key: keys.Key, token: str, *, as_json: bool) -> None:
    if as_json:
        document = {
            "key_id": key.key_id,
            "name": key.name,
            "scopes": sorted(key.scopes),
            "key": token,
        }
        click.echo(json.dumps(document, indent=2))
        return
    scopes = ", ".join(sorted(key.scopes))
    click.echo(
        f"key {key.key_id} for {key.name} ({scopes}); keep it, it is not shown again", err=True
    )
    click.echo(token)
