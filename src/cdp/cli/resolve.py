"""`cdp resolve`: who an incoming record may be, before it is created."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Any, Final

import click

from cdp.cli.options import clock, json_option, open_workspace, workspace_option
from cdp.errors import InputError
from cdp.store.state import State
from cdp.store.state_audit import Access, AuditLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cdp.publish.served import Generation
    from cdp.realtime.answer import Answer, Candidate

FIELDS: Final = (
    *("given_name", "middle_name", "family_name", "full_name", "birth_date", "gender", "email"),
    *("phone", "street", "city", "postcode", "country", "company", "national_id"),
    *("source", "record_id"),
)
_SHOWN = 6


def _fields(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command an option per field, each of which may be given several times."""
    for name in reversed(FIELDS):
        option = click.option(f"--{name.replace('_', '-')}", name, multiple=True, metavar="VALUE")
        command = option(command)
    return command


@click.command()
@_fields
@click.option(
    "--field",
    "others",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other column as cdp match takes it, under any of its names.",
)
@click.option("--limit", type=click.IntRange(1, 20), default=5, show_default=True)
@click.option(
    "--minimum",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Leave candidates out that are less likely than this.",
)
@workspace_option
@json_option
def COMMAND(  # noqa: N802 - the contract of cdp.cli; options are arguments
    others: tuple[str, ...],
    limit: int,
    minimum: float,
    workspace_dir: Path,
    as_json: bool,
    **given: tuple[str, ...],
) -> None:
    """Say who a record with these values may be, the likeliest first, and why.

    Ask before creating a contact. Values may be messy, several of a kind are given by repeating
    the option. Every profile shown is written into the audit log.
    """
    from cdp.publish.served import Published  # noqa: PLC0415 - the engine is slow to import
    from cdp.realtime.loading import load  # noqa: PLC0415
    from cdp.realtime.resolver import Wanted  # noqa: PLC0415

    fields = {name: _value(values) for name, values in given.items() if values}
    fields |= dict(_pair(other) for other in others)
    if not fields:
        msg = "give at least one field, such as --email; `cdp resolve --help` lists them"
        raise InputError(msg)
    workspace = open_workspace(workspace_dir)
    generation = Published(workspace.home).current()
    answer = load(workspace.home, generation).resolve(fields, Wanted(limit, minimum))
    _note(workspace.home, answer)
    if as_json:
        click.echo(json.dumps(_document(answer, generation), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(answer, generation)))


def _value(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        msg = f"{text!r} is not NAME=VALUE"
        raise InputError(msg)
    return name.strip(), value


def _note(home: Path, answer: Answer) -> None:
    accesses = [
        Access(clock(), "", f"cli:{getpass.getuser()}", f"{c.entity}.resolve", c.id, "", "")
        for c in answer.candidates
    ]
    if accesses:
        with State.open(home) as state:
            AuditLog(state).append(accesses)


def _document(answer: Answer, generation: Generation) -> dict[str, Any]:
    candidates = [
        found.document() | {"profile": _stored(generation, found)} for found in answer.candidates
    ]
    return answer.document(generation.number) | {"candidates": candidates}


def _stored(generation: Generation, found: Candidate) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(generation.document(found.entity, found.id) or b"{}")
    return stored


def _figures(found: Candidate) -> str:
    return (
        f"  probability {found.probability:.4f}, match weight {found.match_weight:+.1f}, "
        f"pooled over {found.records} records"
    )


def _lines(answer: Answer, generation: Generation) -> list[str]:
    lines = [f"{answer.verdict}: {answer.advice}"]
    lines.append(f"read as a {answer.party_type}, compared with {answer.compared} records")
    for found in answer.candidates:
        stored = _stored(generation, found)
        name = stored.get("full_name") or stored.get("name") or "(no name)"
        lines += [
            "",
            f"{found.id}  {name}  {found.verdict}",
            _figures(found),
            f"  nearest: {found.nearest.record_id}",
            *(f"  {reason}" for reason in found.nearest.reasons()[:_SHOWN]),
        ]
    return lines
