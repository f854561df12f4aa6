"""`cdp profile`: look at one golden profile or account."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdp.cli.options import clock, json_option, note, open_workspace, workspace_option
from cdp.errors import NotFoundError, RestrictedError
from cdp.privacy import restriction
from cdp.publish.kept import moment
from cdp.publish.reference import parse
from cdp.publish.served import AmbiguousError, Published
from cdp.scenarios.fact_sheet import render, view_for
from cdp.scenarios.scenario import load
from cdp.scenarios.view import view_of
from cdp.steward.graph import backbone
from cdp.steward.history import changes, sentence, then, told
from cdp.store.state import State
from cdp.store.state_audit import Access, AuditLog

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.publish.reference import Reference
    from cdp.publish.served import Generation
    from cdp.settings import Workspace

_NO_EVIDENCE = ("prior", "innocent")
_ANY_SCOPE = "any"
"""Scope of a role that is played everywhere."""
_PARTS = (
    *("identifiers", "sources", "origins", "consents", "relationships", "possible"),
    *("explain", "history"),
)


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """Look at golden profiles."""


@COMMAND.command()
@click.argument("ref")
@workspace_option
@click.option("--as-of", metavar="TIME", help="Show it as it was published then (ISO 8601, UTC).")
@click.option(
    "--fact-sheet",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write one printable page (HTML) on it into this file instead.",
)
@click.option("--view", metavar="NAME", help="Scenario that the page shows; default: sales.")
@json_option
def show(
    ref: str,
    workspace_dir: Path,
    as_of: str | None,
    page: Path | None,
    view: str | None,
    as_json: bool,
) -> None:
    """Show the profile or account REF: its values, records, and why they are one.

    REF is an id or type:value, such as email:ada@example.org, phone:+49…, source:crm:417.
    The access is written into the audit log. Whose processing is restricted is marked, and only
    who it is is shown.
    """
    workspace = open_workspace(workspace_dir)
    if page is not None:
        page.write_text(_fact_sheet(workspace, ref, as_of, view), encoding="utf-8")
        click.echo(f"{page} is written: open it in a browser, or print it", err=True)
        return
    document = _read(workspace, ref, as_of)
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(document)))


@COMMAND.command()
@click.argument("ref")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Who was this id that day.")
@workspace_option
@json_option
def history(ref: str, day: datetime | None, workspace_dir: Path, as_json: bool) -> None:
    """Tell what happened to the id of REF: merges, splits and moves, with run and cause.

    An id that was merged away is answered too, when it is given itself.
    """
    workspace = open_workspace(workspace_dir)
    generation = Published(workspace.home).current()
    reference = parse(ref, workspace.about.country)
    id_ = reference.value if not reference.kind else generation.find("profile", reference)
    note(workspace.home, "profile.history", [id_])
    if day is not None:
        found = then(generation, id_, day.date())
        lines = [sentence(found), *(f"  since: {told(c)}" for c in found["since"])]
        click.echo(json.dumps(found, indent=2) if as_json else "\n".join(lines))
        return
    every = changes(generation, id_)
    if not every:
        msg = f"{id_} was never issued"
        raise NotFoundError(msg)
    click.echo(json.dumps(every, indent=2) if as_json else "\n".join(told(c) for c in every))


def _fact_sheet(workspace: Workspace, ref: str, as_of: str | None, view: str | None) -> str:
    chosen = view_for(load(workspace), view)
    generation = _generation(workspace, as_of)
    entity, id_ = _meant(generation, parse(ref, workspace.about.country))
    if _is_restricted(workspace, json.loads(generation.document("sources", id_) or b"[]")):
        msg = f"the processing of {id_} is restricted: no page is made; leave --fact-sheet out"
        raise RestrictedError(msg)
    document = view_of(generation, entity, id_, chosen, clock())
    _audit(workspace, f"{entity}.fact_sheet", id_, chosen.purpose)
    return render(document, is_masked=False)


def _generation(workspace: Workspace, as_of: str | None) -> Generation:
    published = Published(workspace.home)
    return published.at(moment(as_of)) if as_of else published.current()


def _audit(workspace: Workspace, action: str, id_: str, purpose: str = "") -> None:
    access = Access(clock(), "", f"cli:{getpass.getuser()}", action, id_, purpose, "")
    with State.open(workspace.home) as state:
        AuditLog(state).append([access])


def _read(workspace: Workspace, ref: str, as_of: str | None) -> dict[str, Any]:
    generation = _generation(workspace, as_of)
    entity, id_ = _meant(generation, parse(ref, workspace.about.country))
    _audit(workspace, f"{entity}.read", id_)
    document: dict[str, Any] = json.loads(generation.document(entity, id_) or b"{}")
    for part in _PARTS:
        stored = generation.document(part, id_)
        document[part] = json.loads(stored) if stored else []
    if _is_restricted(workspace, document["sources"]):
        return restriction.identity_of(document)
    return document


def _is_restricted(workspace: Workspace, sources: list[dict[str, Any]]) -> bool:
    return restriction.holds(workspace.home, [source["record_id"] for source in sources])


def _meant(generation: Generation, reference: Reference) -> tuple[str, str]:
    """Return what is meant, a profile or else an account, and its live id."""
    if not reference.kind:
        entity = "account" if reference.value.startswith("A-") else "profile"
        return entity, generation.find(entity, reference)
    for entity in ("profile", "account"):
        try:
            return entity, generation.find(entity, reference)
        except AmbiguousError:
            raise
        except NotFoundError:
            continue
    msg = f"no profile and no account owns this {reference.kind}"
    raise NotFoundError(msg)


def _lines(document: dict[str, Any]) -> list[str]:
    id_ = document.get("profile_id") or document.get("account_id")
    title = document.get("full_name") or document.get("name") or "(no name)"
    lines = [f"{title}  {id_}", ""]
    if document.get("restricted"):
        lines += ["processing is restricted: only who it is is shown (`cdp privacy list`)", ""]
    lines += _values(document)
    lines += _section(
        "identifiers", [f"{i['kind']:<12} {i['value']}" for i in document["identifiers"]]
    )
    lines += _section("roles", [_role(r) for r in document.get("roles") or []])
    lines += _section("relationships", [_relationship(r) for r in document["relationships"]])
    lines += _section(
        "source records", [f"{s['record_id']}  ({s['trust_tier']})" for s in document["sources"]]
    )
    lines += _section("why they are one", _reasons(document["explain"] or {}))
    lines += _section("perhaps the same", [p["other_id"] for p in document["possible"]])
    lines += _section("segments", [s["segment"] for s in document["segments"]])
    lines += _section(
        "scores",
        [f"{s['score']:<16} {s['value']:g}  {s['band'] or ''}" for s in document["scores"]],
    )
    return lines


def _values(document: dict[str, Any]) -> list[str]:
    plain = [
        f"  {field:<16} {value}"
        for field, value in document.items()
        if isinstance(value, str | int | float) and value != "" and not field.endswith("_id")
    ]
    parts = [str(v) for v in (document.get("address") or {}).values() if v]
    return [*plain, *([f"  {'address':<16} {', '.join(parts)}"] if parts else [])]


def _role(role: dict[str, Any]) -> str:
    scope = "" if role["scope"] == _ANY_SCOPE else f" {role['scope']}"
    return f"{role['role']}{scope}{_particulars(role)}"


def _relationship(link: dict[str, Any]) -> str:
    arrow = "->" if link["direction"] == "from" else "<-"
    other = " ".join(filter(None, (link["other_name"], link["other_id"])))
    return f"{link['kind']} {arrow} {other}{_particulars(link)}"


def _particulars(found: dict[str, Any]) -> str:
    """Return attributes and days in brackets, nothing where there are none."""
    told = [f"{name} {value}" for name, value in (found["attributes"] or {}).items()]
    days = [(found[day] or "")[:10] for day in ("valid_from", "valid_to")]
    if any(days):
        told.append(" to ".join(days).strip())
    return f"  ({', '.join(told)})" if told else ""


def _reasons(explanation: dict[str, Any]) -> list[str]:
    return [
        f"{edge['record_l']} and {edge['record_r']}: match weight {edge['match_weight']:.1f}, "
        f"{_strongest(edge['weights'])}"
        for edge in backbone(explanation.get("joined_by", []))
    ]


def _strongest(weights: list[dict[str, Any]]) -> str:
    evidence = [w for w in weights if w["comparison"] not in _NO_EVIDENCE]
    ordered = sorted(evidence, key=lambda w: (-abs(w["weight"]), w["comparison"]))
    return ", ".join(f"{w['comparison']} {w['weight']:+.1f}" for w in ordered[:4]) or "by a rule"


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []
