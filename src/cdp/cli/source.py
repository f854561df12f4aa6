"""`cdp source`: declare the systems that records come from, and look at them before a run."""

from __future__ import annotations

import getpass
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
import yaml
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cdp.canonical.chosen import place, shipped_text
from cdp.cli.options import clock, json_option, open_workspace, workspace_option
from cdp.errors import NotFoundError
from cdp.sources import SOURCES
from cdp.sourcing import declared
from cdp.sourcing.landed import landed, listing
from cdp.sourcing.masked import masked
from cdp.sourcing.preview import Previewed, preview
from cdp.sourcing.telling import became, came, findings, folded, listed, refused, screen, versions
from cdp.sourcing.tested import Shown, report, shown
from cdp.store.state import State
from cdp.store.state_audit import Access, AuditLog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.settings import Workspace

_TIERS = ("master_data", "declared", "observed")


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """Declare the systems that records come from, and look at what they give."""


def _pairs(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    """Return `name=value` options as a mapping; values are read as YAML."""
    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name:
            msg = "write name=value"
            raise click.BadParameter(msg)
        found[name] = yaml.safe_load(value)
    return found


def _references(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    """Return `field=value` of the credentials; env:NAME and file:PATH say where a secret is."""
    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name:
            msg = "write field=env:NAME, field=file:PATH, or field=value where it is no secret"
            raise click.BadParameter(msg)
        kind, colon, where = value.partition(":")
        found[name] = {kind: where} if colon and kind in {"env", "file"} else value
    return found


@COMMAND.command("add")
@click.argument("name")
@workspace_option
@click.option("--type", "type_", required=True, metavar="TYPE", help="System type.")
@click.option("--url", help="Address to read from.")
@click.option("--path", help="File or folder to read, relative to the data folder.")
@click.option("--description", help="One sentence for people.")
@click.option("--auth-kind", help="basic, bearer, header, client_credentials; default: as given.")
@click.option("--user-env", metavar="NAME", help="Environment variable that holds the user.")
@click.option("--password-env", metavar="NAME", help="Variable that holds the password.")
@click.option("--token-env", metavar="NAME", help="Variable that holds the token.")
@click.option(
    "--auth",
    multiple=True,
    callback=_references,
    metavar="FIELD=WHERE",
    help="Another field of auth: env:NAME or file:PATH for a secret, else its value.",
)
@click.option("--object", "objects", multiple=True, help="Object to read; default: all.")
@click.option("--region", help="Region that the data belongs to, such as EU.")
@click.option("--trust-tier", type=click.Choice(_TIERS), help="How far its values are facts.")
@click.option("--mapping", help="Mapping that reads it; default: its own, else its type's.")
@click.option("--time-zone", help="Zone of timestamps without offset.")
@click.option("--schedule", metavar="CRON", help="When it is due, such as '30 2 * * mon-fri'.")
@click.option(
    "--option", "options", multiple=True, callback=_pairs, metavar="K=V", help="Option of the type."
)
@click.option("--copy-mapping", is_flag=True, help="Write the type's mapping here, to be changed.")
def add(name: str, workspace_dir: Path, *, copy_mapping: bool, **given: Any) -> None:  # noqa: ANN401 - click's options
    """Declare the source NAME: write sources/NAME.yaml, after checking it.

    Secrets are named by where they are, never given here. Nothing is overwritten.
    """
    workspace = open_workspace(workspace_dir)
    written = declared.add(workspace, name, _said(given), copies=copy_mapping)
    click.echo(f"wrote {written.place}", err=True)
    if written.copy is not None:
        click.echo(f"wrote {written.copy}, to be changed", err=True)
    elif written.read_by is None:
        click.echo(
            f"nothing says yet what its records are: look at them with `cdp source preview {name}`"
            f"\nand write mappings/{name}.yaml",
            err=True,
        )
    else:
        click.echo(f"its records are read by the mapping {written.read_by}", err=True)
        if written.read_by.startswith("of "):
            click.echo(f"  to see it: cdp source mapping {name}", err=True)
    if written.unset:
        click.echo(f"not set here: {', '.join(written.unset)}; export before reading", err=True)
    click.echo(f"next: cdp source test {name}", err=True)


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the file is to say, in the order in which people read it."""
    where = {
        field: {"env": given[f"{field}_env"]}
        for field in ("user", "password", "token")
        if given[f"{field}_env"] is not None
    }
    auth = where | given["auth"]
    kind = given["auth_kind"] or ("bearer" if "token" in auth else "basic")
    said = {
        "type": given["type_"],
        "description": given["description"],
        "url": given["url"],
        "path": given["path"],
        "auth": {"kind": kind, **auth} if auth or given["auth_kind"] else None,
        "objects": list(given["objects"]) or None,
        "trust_tier": given["trust_tier"],
        "region": given["region"],
        "mapping": given["mapping"],
        "time_zone": given["time_zone"],
        "schedule": given["schedule"],
        "options": given["options"] or None,
    }
    return {field: value for field, value in said.items() if value is not None}


@COMMAND.command("types")
@json_option
def types(as_json: bool) -> None:
    """List the system types that a source can be of."""
    found = {name: SOURCES.get(name).summary for name in SOURCES.names()}
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for name, summary in found.items():
        click.echo(folded(f"{name:<20}  {summary}", 22))


@COMMAND.command("list")
@workspace_option
@json_option
def list_(workspace_dir: Path, as_json: bool) -> None:
    """List the declared sources: what reads them, and what they brought so far."""
    workspace = open_workspace(workspace_dir)
    rows, unknown = listing(workspace, workspace.home)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo("\n".join(listed(row)))
    if not rows:
        click.echo("no source is declared; `cdp source add` declares one")
    if unknown is not None:
        click.echo(f"what they brought is not known: {unknown}", err=True)


@COMMAND.command("mapping")
@click.argument("name")
@workspace_option
def mapping(name: str, workspace_dir: Path) -> None:
    """Print the mapping that reads the source NAME."""
    workspace = open_workspace(workspace_dir)
    instance = declared.declared(workspace, name)
    stands = place(workspace, name, instance)
    if stands is None:
        msg = f"nothing says what the records of {name} are; write mappings/{name}.yaml"
        raise NotFoundError(msg)
    if stands.startswith("mappings/"):
        click.echo((workspace.root / stands).read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(shipped_text(instance.mapping or instance.type), nl=False)


@COMMAND.command("remove")
@click.argument("name")
@workspace_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, workspace_dir: Path, yes: bool) -> None:
    """Remove sources/NAME.yaml; what the source brought stays landed."""
    workspace = open_workspace(workspace_dir)
    declared.declared(workspace, name)
    rows = sum(each["rows"] for each in landed(workspace.home).objects.get(name, []))
    if rows:
        click.echo(
            f"{name} brought {versions(rows)}. What came stays in .cdp/work.duckdb as it is;\n"
            "the next run takes it out of every profile. Declared again under the same name it\n"
            "counts again. To forget it for good there is no command yet.",
            err=True,
        )
    if not yes:
        click.confirm(f"remove sources/{name}.yaml?", abort=True, err=True)
    declared.remove(workspace, name)
    click.echo(f"removed sources/{name}.yaml", err=True)


@COMMAND.command("test")
@click.argument("name")
@workspace_option
@json_option
def test(name: str, workspace_dir: Path, as_json: bool) -> None:
    """Look at what the source NAME gives and what it refuses; nothing is kept.

    Ends with 1 where nothing can be read, or where the mapping reads what no record can have.
    """
    workspace = open_workspace(workspace_dir)
    found = shown(workspace, name, clock())
    told = report(found, workspace)
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(screen(told)))
    if not found.is_readable or found.errors:
        sys.exit(1)


@COMMAND.command("preview")
@click.argument("name")
@workspace_option
@click.option("--object", "object_", metavar="OBJECT", help="One object; default: all.")
@click.option("--rows", default=3, show_default=True, type=click.IntRange(1, 100))
@click.option("--unmask", is_flag=True, help="Show personal data; this is written into the audit.")
@json_option
def preview_(
    name: str, workspace_dir: Path, object_: str | None, rows: int, unmask: bool, as_json: bool
) -> None:
    """Show records of the source NAME beside what its mapping makes of them; nothing is kept.

    Personal data is masked. Ends with 1 where the mapping reads what no record can have.
    """
    workspace = open_workspace(workspace_dir)
    found = shown(workspace, name, clock(), rows=rows, only=object_)
    previewed = preview(found, workspace)
    if unmask:
        _note(workspace, name)
    else:
        specs = found.mapping.mapping.objects if found.mapping is not None else {}
        previewed = [masked(each, specs.get(each.object)) for each in previewed]
        if found.mapping is None and previewed and not as_json:
            click.echo("values are hidden until a mapping says what they are; --unmask shows them")
    if as_json:
        rows_ = [asdict(each) for each in previewed]
        click.echo(json.dumps(rows_, indent=2, ensure_ascii=False, default=str))
    else:
        _side_by_side(found, previewed)
    if not found.is_readable or found.errors:
        sys.exit(1)


def _note(workspace: Workspace, name: str) -> None:
    access = Access(clock(), "", f"cli:{getpass.getuser()}", "source.preview", name, "", "")
    with State.open(workspace.home) as state:
        AuditLog(state).append([access])


def _side_by_side(found: Shown, previewed: list[Previewed]) -> None:
    console = Console()
    if found.look.problem is not None:
        click.echo(folded(found.look.problem))
    for each in previewed:
        table = Table(
            title=f"{each.object} {each.native_id}",
            title_justify="left",
            box=SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            expand=True,
        )
        table.add_column("as it came", ratio=1, overflow="fold")
        table.add_column("what becomes of it", ratio=1, overflow="fold")
        table.add_row("\n".join(came(each.record)), "\n".join(became(each)))
        console.print(table, markup=False, highlight=False)
    problems = {each.object: each.problem for each in found.look.objects if each.problem}
    for line in (*refused(problems), *findings([asdict(f) for f in found.findings])):
        click.echo(line)
    for note in found.notes:
        click.echo(folded(note))
