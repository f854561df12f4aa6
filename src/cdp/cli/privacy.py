"""`cdp privacy`: what people may ask about their own data, and what is forgotten by rule."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import click

from cdp.cli.options import F, clock, json_option, open_workspace, workspace_option
from cdp.errors import InputError, NotFoundError, StateError
from cdp.privacy import certificate, requests, retention
from cdp.privacy.requests import Asked
from cdp.privacy.retention import PRIVACY
from cdp.publish.reference import parse
from cdp.publish.served import Published, RetiredError

if TYPE_CHECKING:
    from cdp.settings import Workspace
    from cdp.store.state_privacy import Request, Type

_SECONDS = 1.0
_PATIENCE = 6 * 3600
"""Attempts while a run goes on."""


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """Answer people who ask about their own data: access, export, erasure, restriction.

    REF is an id or type:value, such as email:ada@example.org, phone:+49…, source:crm:417.
    """


def _asking(command: F) -> F:
    for option in (
        click.option("--why", default="", help="What the request rests on."),
        click.option(
            "--by",
            "name",
            default=getpass.getuser,
            show_default="the user of this computer",
            help="Who writes it down.",
        ),
        workspace_option,
        json_option,
        click.argument("ref"),
    ):
        command = option(command)
    return command


@COMMAND.command()
@_asking
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path())
def access(ref: str, out: Path, name: str, why: str, workspace_dir: Path, as_json: bool) -> None:
    """Write all that is held on REF into --out, as JSON and as a page to read.

    What names others is left out. The access is written into the audit log.
    """
    _give_out(_carried_out("access", ref, (name, why), workspace_dir), out, workspace_dir, as_json)


@COMMAND.command()
@_asking
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path())
def export(ref: str, out: Path, name: str, why: str, workspace_dir: Path, as_json: bool) -> None:
    """Write what REF may take along (portability) into --out, as JSON and as a page to read."""
    _give_out(_carried_out("export", ref, (name, why), workspace_dir), out, workspace_dir, as_json)


@COMMAND.command()
@_asking
@click.option("--yes", is_flag=True, help="Do not ask; there is no way back.")
def erase(ref: str, yes: bool, name: str, why: str, workspace_dir: Path, as_json: bool) -> None:
    """Remove REF from every layer, file and log, for good; print the signed certificate."""
    if not yes:
        click.confirm(f"erase {ref} for good?", abort=True, err=True)
    done = _carried_out("erase", ref, (name, why), workspace_dir)
    _show(done, as_json=as_json)


@COMMAND.command()
@_asking
def restrict(ref: str, name: str, why: str, workspace_dir: Path, as_json: bool) -> None:
    """Neither show nor use REF from now on; nothing is removed."""
    _show(_carried_out("restrict", ref, (name, why), workspace_dir), as_json=as_json)


@COMMAND.command()
@_asking
def unrestrict(ref: str, name: str, why: str, workspace_dir: Path, as_json: bool) -> None:
    """Show and use REF again."""
    _show(_carried_out("unrestrict", ref, (name, why), workspace_dir), as_json=as_json)


@COMMAND.command()
@_asking
def readmit(ref: str, name: str, why: str, workspace_dir: Path, as_json: bool) -> None:
    """Let somebody in again who was erased and comes back; REF is type:value.

    What was erased does not come back. What sources deliver from now on is taken again; say
    `cdp run --full` to read again what they delivered before.
    """
    workspace = open_workspace(workspace_dir)
    reference = parse(ref, workspace.about.country)
    if not reference.kind:
        msg = "name an e-mail, a phone or a source record; an id that was erased stays erased"
        raise InputError(msg)
    ref = f"{reference.kind}:{reference.value}"
    asked = Asked("readmit", ref, "", why, name, f"cli:{name}")
    request = requests.take(workspace.home, asked, at=clock())
    _show(_done(workspace, request), as_json=as_json)


@COMMAND.command("list")
@workspace_option
@json_option
def list_(workspace_dir: Path, as_json: bool) -> None:
    """List all requests, latest first."""
    found = requests.page_of(open_workspace(workspace_dir).home, 1000)
    if as_json:
        click.echo(json.dumps([requests.document(r) for r in found], indent=2, ensure_ascii=False))
        return
    for r in found:
        due = f"due {r.due_at:%Y-%m-%d}" if r.finished_at is None else f"{r.finished_at:%Y-%m-%d}"
        click.echo(f"{r.request_id}  {r.type:<10} {r.status:<8} {due}  {r.ref}")


@COMMAND.command()
@click.argument("request_id")
@workspace_option
@json_option
def show(request_id: str, workspace_dir: Path, as_json: bool) -> None:
    """Show one request and what came of it; of an erasure its certificate."""
    _show(requests.one(open_workspace(workspace_dir).home, request_id), as_json=as_json)


@COMMAND.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@workspace_option
def verify(file: Path, workspace_dir: Path) -> None:
    """Say whether the certificate in FILE is one of this workspace, unchanged."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{file} holds no JSON: {error}"
        raise InputError(msg) from error
    found = found.get("answer", found) if isinstance(found, dict) else found
    checked = certificate.check(open_workspace(workspace_dir).home, found)
    click.echo(f"{file}: signed here, unchanged; erased at {checked['erased_at']}")


@COMMAND.command()
@click.option("--wait", is_flag=True, help="Wait for a run to finish, instead of giving up.")
@workspace_option
def work(wait: bool, workspace_dir: Path) -> None:
    """Carry out what waits: requests that came over HTTP, and those that were stopped."""
    workspace = open_workspace(workspace_dir)
    for request in requests.waiting(workspace.home):
        done = _done(workspace, request, wait=wait)
        click.echo(f"{done.request_id}: {done.type} {done.status}", err=True)


@COMMAND.command()
@click.option("--dry-run", is_flag=True, help="Only count what would be forgotten.")
@workspace_option
@json_option
def retain(dry_run: bool, workspace_dir: Path, as_json: bool) -> None:
    """Forget what is older than privacy.yaml keeps it; the next run works without it."""
    workspace = open_workspace(workspace_dir)
    rules = workspace.one(PRIVACY).retention
    done = retention.retain(workspace.home, rules, at=clock(), dry_run=dry_run)
    rows = [
        {
            "class": one.name,
            "period": one.period,
            "before": one.before.isoformat(),
            "rows": one.rows,
        }
        for one in done
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    said = "would be forgotten" if dry_run else "forgotten"
    for one in done:
        older = f"older than {one.period} ({one.before:%Y-%m-%d})"
        click.echo(f"{one.name:<20} {one.rows:>9,} {said}, {older}")
    if not done:
        click.echo("privacy.yaml names no period; nothing is forgotten", err=True)


def _carried_out(
    type_: Type, ref: str, who: tuple[str, str], workspace_dir: Path
) -> tuple[Workspace, Request]:
    workspace = open_workspace(workspace_dir)
    name, why = who
    subject = _subject(workspace, ref)
    asked = Asked(type_, ref, subject, why, name, f"cli:{name}")
    request = requests.take(workspace.home, asked, at=clock())
    return workspace, _done(workspace, request)


def _done(workspace: Workspace, request: Request, *, wait: bool = False) -> Request:
    for left in range(_PATIENCE if wait else 0, -1, -1):
        try:
            return requests.carry_out(workspace.home, request, at=clock(), observe=_talk)
        except StateError:
            if not left:
                raise
            sleep(_SECONDS)
    raise AssertionError  # the last attempt returns or raises


def _talk(step: str) -> None:
    click.echo(f"  {step}", err=True)


def _subject(workspace: Workspace, ref: str) -> str:
    """Return the live id of the person that is meant."""
    reference = parse(ref, workspace.about.country)
    try:
        id_ = Published(workspace.home).current().find("profile", reference)
    except RetiredError as error:
        id_ = error.survivor
    except NotFoundError:
        if reference.value.startswith("A-"):
            msg = f"{reference.value} is an organisation; these requests are of persons"
            raise InputError(msg) from None
        raise
    return id_


def _give_out(done: tuple[Workspace, Request], out: Path, _: Path, as_json: bool) -> None:
    workspace, request = done
    if request.status != "done":
        _show(request, as_json=as_json)
        return
    out.mkdir(parents=True, exist_ok=True)
    for kind in ("json", "html"):
        path = out / f"{request.request_id}.{kind}"
        path.write_bytes(requests.result(workspace.home, request, kind))
        click.echo(f"written {path}", err=True)
    if as_json:
        click.echo(json.dumps(requests.document(request), indent=2, ensure_ascii=False))


def _show(request: Request | tuple[Workspace, Request], *, as_json: bool) -> None:
    found = request if not isinstance(request, tuple) else request[1]
    if as_json:
        document: dict[str, Any] = requests.document(found)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif found.type == "erase" and found.answer:
        click.echo(certificate.readable(found.answer))
    else:
        said = f": {found.detail}" if found.detail else ""
        counted = ", ".join(f"{n} {v}" for n, v in (found.answer or {}).items())
        click.echo(f"{found.request_id}: {found.type} {found.status}{said} {counted}".rstrip())
    if found.status == "failed":
        raise StateError(f"privacy request {found.request_id} failed: {found.detail}")  # noqa: EM102, TRY003
