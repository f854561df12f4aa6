"""`cdp quality`: what rules found, what waits in quarantine, what drifts; setting it right."""

from __future__ import annotations

import getpass
import json
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from cdp.cli.options import (
    F,
    clock,
    deciding_options,
    json_option,
    open_workspace,
    workspace_option,
)
from cdp.errors import InputError
from cdp.pipeline import moment
from cdp.quality import desk as desks
from cdp.quality.desk import Clerk, Desk, Repair, Wanted
from cdp.quality.plan import plan
from cdp.quality.report import report, stale
from cdp.quality.screen import show_report
from cdp.sourcing.known import mapped_fields
from cdp.sourcing.masked import masked_corrections, masked_waiting
from cdp.store.peek import peek
from cdp.store.state import State
from cdp.store.state_audit import Access, AuditLog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHORT: Final = 8


@click.group(invoke_without_command=True)
@click.option("--source", help="Only this source.")
@click.option("--all", "everything", is_flag=True, help="Rules that every record keeps, too.")
@workspace_option
@json_option
@click.pass_context
def COMMAND(  # noqa: N802 - the contract of cdp.cli
    context: click.Context,
    source: str | None,
    everything: bool,
    workspace_dir: Path,
    as_json: bool,
) -> None:
    """Show what the rules in quality/ found, what waits in quarantine, and how sources drift.

    Without a command it reports on the last run: rules that records do not keep, with the trend
    since the run before; what waits in quarantine; fields that appeared, vanished or changed their
    type; and the balance of the rows that were read.
    """
    if context.invoked_subcommand is not None:
        return
    workspace = open_workspace(workspace_dir)
    rules = plan(workspace)
    pinned = workspace.about.as_of
    with peek(workspace.home) as warehouse:
        desks.needs_run(warehouse)
        found = report(warehouse, source)
        found["stale"] = stale(warehouse, rules, moment(pinned) if pinned else clock())
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str, ensure_ascii=False))
        return
    show_report(found, everything=everything, is_ruled=bool(rules.objects))


def _filters(command: F) -> F:
    for option in (
        click.option("--source", help="Only of this source."),
        click.option("--object", "object_", help="Only of this object of it."),
        click.option("--reason", help="Only for this reason: a rule's name, or another reason."),
    ):
        command = option(command)
    return command


@COMMAND.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--show", is_flag=True, help="The records as they came, too.")
@click.option("--unmask", is_flag=True, help="Show personal data; this is written into the audit.")
@workspace_option
@json_option
def list_(limit: int, *, show: bool, unmask: bool, **given: Any) -> None:  # noqa: ANN401 - click's options
    """List what waits in quarantine, with the reason; personal data is masked."""
    with _desk(given) as desk:
        found = desk.waiting(_wanted(given), limit + 1)
    workspace = open_workspace(given["workspace_dir"])
    if unmask:
        _note(workspace.home, "quarantine.read", found[:limit])
        rows = found[:limit]
    else:
        rows = masked_waiting(found[:limit], workspace)
    if given["as_json"]:
        documents = [_document(row) for row in rows]
        click.echo(json.dumps(documents, indent=2, default=str, ensure_ascii=False))
        return
    lines = [line for row in rows for line in _waiting(row, show=show)]
    if len(found) > limit:
        lines.append(f"and more; --limit {limit * 10:,} lists them")
    click.echo("\n".join(lines) or "nothing waits in quarantine")


@COMMAND.command()
@click.argument("record")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="A new value.")
@click.option("--new-field", "is_new", is_flag=True, help="Set fields that no record has so far.")
@click.option("--drop", is_flag=True, help="Keep the record out for good.")
@click.option("--object", "object_", help="Its object, where several have a record of that key.")
@deciding_options
def repair(
    record: str,
    changes: tuple[str, ...],
    *,
    drop: bool,
    is_new: bool,
    object_: str | None,
    **given: Any,  # noqa: ANN401 - click's options
) -> None:
    """Set fields of RECORD right, or drop it.

    RECORD is a `source:key`, or an id of `cdp quality list`, or its first six characters. What
    arrived stays as it came; every later run reads the record with the correction over it, until
    the source sends another value for the field. `FIELD=` takes a value away.
    """
    if drop == bool(changes):
        msg = "give either --set FIELD=VALUE, once for each field, or --drop"
        raise InputError(msg)
    asked = Repair(record, object_, dict(map(_pair, changes)), is_new)
    with _desk(given) as desk:
        made, _ = desk.repair(asked, _clerk(given), desks.typed)
    _tell([desks.document(made)], as_json=given["as_json"])


@COMMAND.command()
@click.argument("record", required=False)
@_filters
@click.option("--all", "everything", is_flag=True, help="Everything that rules keep back.")
@deciding_options
def replay(record: str | None, everything: bool, **given: Any) -> None:  # noqa: ANN401 - click's options
    """Let RECORD, or many, through in spite of rules.

    It counts for the version that waits, from the next run on; a later version is judged anew.
    What was corrected is judged by the next run without this.
    """
    wanted = _wanted(given)
    if not (record or everything or wanted != Wanted()):
        msg = "say which: a record, --source, --object, --reason, or --all"
        raise InputError(msg)
    with _desk(given) as desk:
        done = desk.replay(wanted, _clerk(given), record)
    if given["as_json"]:
        found = {
            "allowed": [desks.document(made) for made in done.allowed],
            "corrected": done.corrected,
            "stuck": dict(done.stuck),
        }
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    click.echo(f"let through by the next `cdp run`: {len(done.allowed):,}")
    if done.corrected:
        click.echo(f"corrected, so that it judges them anew anyway: {done.corrected:,}")
    for why, records in sorted(done.stuck.items()):
        click.echo(f"not kept back by a rule ({why}), to be repaired: {records:,}")


@COMMAND.command()
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
@deciding_options
def undo(numbers: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's options
    """Take corrections out of force.

    NUMBER is that of a correction, or a range (12-40). They stay in the log.
    """
    wanted = [number for text in numbers for number in _range(text)]
    workspace = open_workspace(given["workspace_dir"])
    undone = [desks.document(desks.undo(workspace.home, n, _clerk(given))) for n in wanted]
    rows = masked_corrections(undone, workspace)
    _tell([row | {"undone_reason": given["why"]} for row in rows], as_json=given["as_json"])


@COMMAND.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--unmask", is_flag=True, help="Show personal data; this is written into the audit.")
@workspace_option
@json_option
def log(limit: int, unmask: bool, workspace_dir: Path, as_json: bool) -> None:
    """List all corrections ever made, latest first; personal data is masked."""
    workspace = open_workspace(workspace_dir)
    rows = [desks.document(made) for made in desks.log(workspace.home, limit)]
    if unmask:
        _note(workspace.home, "correction.read", rows)
    else:
        rows = masked_corrections(rows, workspace)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(line for row in rows for line in _told(row)) or "nothing was corrected")


def _wanted(given: dict[str, Any]) -> Wanted:
    return Wanted(given["source"], given["object_"], given["reason"])


def _clerk(given: dict[str, Any]) -> Clerk:
    return Clerk(given["name"], given["why"], clock())


@contextmanager
def _desk(given: dict[str, Any]) -> Iterator[Desk]:
    workspace = open_workspace(given["workspace_dir"])
    with peek(workspace.home) as warehouse:
        desks.needs_run(warehouse)
        yield Desk(workspace.home, warehouse, mapped=partial(mapped_fields, workspace))


def _note(home: Path, action: str, rows: list[dict[str, Any]]) -> None:
    """Write into the audit whose data is shown; what is no record is noted by its source."""
    at, caller = clock(), f"cli:{getpass.getuser()}"
    subjects = dict.fromkeys(row["record_id"] or row["source"] for row in rows)
    with State.open(home) as state:
        AuditLog(state).append(
            Access(at, "", caller, action, subject, "", "") for subject in subjects
        )


def _pair(text: str) -> tuple[str, str]:
    field, sign, value = text.partition("=")
    if not sign or not field:
        msg = f"--set {text!r}: write FIELD=VALUE, as in --set city=Berlin"
        raise InputError(msg)
    return field, value


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        msg = f"{text!r} is no number of a correction and no range of them, as 12-40 is"
        raise InputError(msg)
    return range(int(first), int(last or first) + 1)


def _tell(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        shown = rows[0] if len(rows) == 1 else rows
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    for row in rows:
        done = "is undone" if row["undone_at"] else "is kept"
        click.echo(
            f"correction {row['correction_id']} {done} ({_what(row)}); it takes effect at the next "
            "`cdp run`"
        )


def _what(row: dict[str, Any]) -> str:
    if row["kind"] == "set":
        return f"{row['record_id']} {', '.join(f'{f}={v}' for f, v in row['changes'].items())}"
    return f"{row['record_id']} {'dropped' if row['kind'] == 'drop' else 'let through'}"


def _told(row: dict[str, Any]) -> list[str]:
    """Return a correction in two lines, three when it was undone."""
    lines = [
        f"{row['correction_id']:>4}  {_minute(row['made_at'])}  {row['actor']}: {_what(row)}",
        f"      {row['reason']}",
    ]
    if row["undone_at"] is not None:
        lines.append(
            f"      undone {_minute(row['undone_at'])} by {row['undone_by']}: "
            f"{row['undone_reason']}"
        )
    return lines


def _minute(moment: str) -> str:
    """Return a moment of ISO 8601 without its seconds."""
    return moment[:16].replace("T", " ")


def _document(row: dict[str, Any]) -> dict[str, Any]:
    payload = row["payload"]
    return row | {"payload": json.loads(payload) if payload is not None else None}


def _waiting(row: dict[str, Any], *, show: bool) -> list[str]:
    """Return a waiting record in two lines, more when it is shown whole."""
    record = row["record_id"] or f"{row['source']} {row['locator']}"
    lines = [
        f"{row['quarantine_id'][:_SHORT]}  {record}  ({row['object']})",
        f"{'':10}{row['reason']}: {row['message']}{_given(row)}",
    ]
    others = [rule for rule in row["rules"] if rule != row["reason"]]
    if others:
        lines.append(f"{'':10}and it does not keep {', '.join(others)}")
    if row["corrections"]:
        numbers = ", ".join(str(number) for number in row["corrections"])
        lines.append(f"{'':10}correction {numbers} is in force for it")
    if show and row["payload"] is not None:
        fields = json.loads(row["payload"]).items()
        lines += [f"{'':12}{n}: {json.dumps(v, ensure_ascii=False)}" for n, v in fields]
    return lines


def _given(row: dict[str, Any]) -> str:
    return f" (got {row['original']!r})" if row["original"] is not None else ""
