"""`cdp keys`: keys of applications that call the API."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from cdp.cli.options import clock, json_option, open_workspace, user, workspace_option
from cdp.cli.table import lines, screen_width
from cdp.privacy import keys
from cdp.privacy.access import ACCESS, check_roles
from cdp.privacy.keys import Actor, Terms
from cdp.privacy.keys_told import told

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store.state_keys import StoredKey

_SCOPES = ", ".join(keys.SCOPES)
_SPAN = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Span(click.ParamType[timedelta]):
    """A span of time: `30m`, `12h`, `90d`, `2w`."""

    name = "span"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the span."""
        found = _SPAN.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no span of time such as 30m, 12h or 90d", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


class End(click.ParamType[datetime]):
    """A moment in UTC, or a span from now on."""

    name = "when"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the moment."""
        text = str(value)
        if _SPAN.fullmatch(text):
            return clock() + Span().convert(text, param, ctx)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no moment such as 2027-01-31, and no span such as 90d")
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """Make, list, rotate and revoke keys of applications."""


@COMMAND.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help=f"What the key may do, repeatable: {_SCOPES}, view:NAME. "
    "Without scope and role: profiles:read.",
)
@click.option("--role", "roles", multiple=True, help="A role of access.yaml, repeatable.")
@click.option("--expires", type=End(), help="When it ends: a moment (UTC) or a span such as 90d.")
@click.option("--rate-limit", type=click.IntRange(min=1), help="Requests a second of one worker.")
@workspace_option
@json_option
def create(  # noqa: PLR0913 - one a line of --help
    name: str,
    scopes: tuple[str, ...],
    roles: tuple[str, ...],
    expires: datetime | None,
    rate_limit: int | None,
    workspace_dir: Path,
    *,
    as_json: bool,
) -> None:
    """Make a key for the application NAME; it is shown now and never again."""
    workspace = open_workspace(workspace_dir)
    check_roles(workspace.one(ACCESS), roles)
    terms = Terms(frozenset(roles), expires, rate_limit)
    chosen = scopes or (() if roles else ("profiles:read",))
    made = keys.create(workspace.home, name, chosen, at=clock(), terms=terms, actor=_actor())
    _show(*made, as_json=as_json)


@COMMAND.command()
@click.argument("key_id")
@click.option(
    "--overlap",
    type=Span(),
    default="0s",
    show_default="none",
    help="How long the old one goes on working, such as 24h.",
)
@workspace_option
@json_option
def rotate(key_id: str, overlap: timedelta, workspace_dir: Path, as_json: bool) -> None:
    """Make a key in the place of KEY_ID, with its name and rights and as long a life."""
    home = open_workspace(workspace_dir).home
    made = keys.rotate(home, key_id, at=clock(), overlap=overlap, actor=_actor())
    _show(*made, as_json=as_json)


@COMMAND.command()
@click.argument("key_id")
@workspace_option
def revoke(key_id: str, workspace_dir: Path) -> None:
    """Take the key KEY_ID out of force; servers refuse it within a second."""
    keys.revoke(open_workspace(workspace_dir).home, key_id, at=clock(), actor=_actor())
    click.echo(f"key {key_id} is revoked", err=True)


@COMMAND.command("list")
@workspace_option
@json_option
def list_(workspace_dir: Path, as_json: bool) -> None:
    """List all keys ever made, without the keys themselves."""
    now = clock()
    rows = [told(key, now) for key in keys.every(open_workspace(workspace_dir).home)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    columns = ["id", "name", "may", "state", "made", "ends", "last used"]
    for line in lines(columns, [_row(row) for row in rows], screen_width()):
        click.echo(line)


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    may = [*row["scopes"], *(f"role:{role}" for role in row["roles"])]
    moments = (str(row[at] or "")[:16] for at in ("created_at", "ended_at", "used_at"))
    return (row["key_id"], row["name"], ", ".join(may), row["state"], *moments)


def _show(key: StoredKey, token: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told(key, key.created_at) | {"key": token}, indent=2))
        return
    may = ", ".join([*sorted(key.scopes), *(f"role:{role}" for role in sorted(key.roles))])
    click.echo(f"key {key.key_id} for {key.name} ({may}); keep it, it is not shown again", err=True)
    click.echo(token)


def _actor() -> Actor:
    return Actor(user())
