"""`cdp audit`: who saw or changed what, and whether the log of it is as it was written."""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from cdp.cli.options import json_option, note, open_workspace, workspace_option
from cdp.cli.table import lines, screen_width
from cdp.store.audit_check import check
from cdp.store.state import State
from cdp.store.state_audit import Asked, AuditLog

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cdp.store.state_audit import Entry

_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])
_HEAD = re.compile(r"(\d{1,15}):([0-9a-fA-F]{32})")


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """List who saw or changed what, and verify that nothing of the log was changed."""


@COMMAND.command("list")
@click.option("--subject", help="Only of this profile, account, record or key.")
@click.option("--key", "key_id", help="Only by this key, `cli:USER` or `oidc:SUBJECT`.")
@click.option("--action", help="Only this action, such as profile.read.")
@click.option("--since", type=_MOMENT, help="From this moment on (UTC).")
@click.option("--until", type=_MOMENT, help="Before this moment (UTC).")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@workspace_option
@json_option
def list_(limit: int, workspace_dir: Path, *, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 - click's options
    """List the entries of the audit log, latest first; that they were read is noted, too."""
    home = open_workspace(workspace_dir).home
    wanted = Asked(
        subject=asked["subject"],
        key_id=asked["key_id"],
        action=asked["action"],
        since=_utc(asked["since"]),
        until=_utc(asked["until"]),
    )
    with State.open(home) as state:
        found = AuditLog(state).latest(wanted, limit)
    note(home, "audit.read", [wanted.subject or ""])
    if as_json:
        click.echo(json.dumps([_told(entry) for entry in found], indent=2))
        return
    columns = ["entry", "at", "who", "did", "to", "for", "detail"]
    for line in lines(columns, [_row(entry) for entry in found], screen_width()):
        click.echo(line)


@COMMAND.command()
@click.option(
    "--expect",
    metavar="ENTRY:SEAL",
    help="What verify printed before and somebody kept elsewhere: the log has to hold it still.",
)
@workspace_option
@json_option
def verify(expect: str | None, workspace_dir: Path, *, as_json: bool) -> int:
    """Check the seal of every entry; ends with code 1 where something was changed.

    Keep what it prints in another place: who can write to this computer can cut off the end of
    the log and what is kept beside it, but not what you wrote down.
    """
    home = open_workspace(workspace_dir).home
    with State.open(home) as state:
        found = check(state, _expected(expect))
    if as_json:
        told = {name: getattr(found, name) for name in ("entries", "erased", "number", "link")}
        click.echo(json.dumps(told | {"problems": found.problems}, indent=2))
    else:
        for problem in found.problems:
            click.echo(problem, err=True)
        word = "is NOT as it was written" if found.problems else "is as it was written"
        click.echo(
            f"the audit log {word}: {found.entries:,} entries, {found.erased:,} of them without "
            "details after erasures",
            err=True,
        )
        click.echo(f"{found.number}:{found.link}")
    return 1 if found.problems else 0


def _row(entry: Entry) -> tuple[str, ...]:
    seen, by = entry.access, entry.erased_by
    at = seen.at.isoformat(timespec="seconds")
    detail = seen.detail if by is None else f"(erased by entry {by})"
    return (str(entry.audit_id), at, seen.key_id, seen.action, seen.subject, seen.purpose, detail)


def _told(entry: Entry) -> dict[str, Any]:
    seen = entry.access._asdict() | {"at": entry.access.at.isoformat()}
    return {"audit_id": entry.audit_id, **seen, "erased_by": entry.erased_by}


def _expected(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    found = _HEAD.fullmatch(text)
    if found is None:
        message = "give what verify printed, such as 17:0123456789abcdef0123456789abcdef"
        raise click.BadParameter(message, param_hint="--expect")
    return int(found[1]), found[2]


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None
