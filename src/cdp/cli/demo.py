"""`cdp demo`: run a workspace, show what happened, and serve it until stopped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cdp import pipeline, server
from cdp.cli.options import clock, open_workspace, settings, workspace_option
from cdp.cli.run import talk
from cdp.privacy import keys
from cdp.publish.served import Published
from cdp.publish.showcase import showcase
from cdp.store.overview import overview
from cdp.store.peek import peek

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.publish.served import Generation
    from cdp.settings import Workspace

SCOPES = ("profiles:read", "pii:read", "segments:read", "runs:read", "admin")


@click.command("demo")
@workspace_option
@click.option("--serve/--no-serve", default=True, help="Serve the API afterwards (default).")
def COMMAND(workspace_dir: Path, serve: bool) -> None:  # noqa: N802 - contract of cdp.cli
    """Run the workspace, show what happened, make a demo key, and serve until stopped."""
    workspace = open_workspace(workspace_dir)
    pipeline.run(workspace, settings(), clock, observe=talk)
    published = Published(workspace.home).current()
    with peek(workspace.home) as warehouse:
        found = overview(warehouse)
    click.echo()
    _show_counts(found)
    _show_generation(workspace, published)
    token = _demo_key(workspace.home)
    click.echo(f"key {token}")
    if serve:
        chosen = settings()
        click.echo(f"docs http://{chosen.host}:{chosen.port}/docs")
        click.echo("stop with Ctrl-C")
        server.serve(workspace, chosen, announce=lambda url: click.echo(f"serving {url}"))


def _show_counts(found: dict[str, Any]) -> None:
    counts = {s["stage"]: s["counts"] for s in found["stages"]}
    totals = {
        name: sum(row[name] for row in found["sources"])
        for name in ("versions", "accepted", "superseded", "deleted", "quarantined")
    }
    click.echo(
        f"rows in {totals['versions']:,} = accepted {totals['accepted']:,} + superseded by a later "
        f"version {totals['superseded']:,} + deleted at the source {totals['deleted']:,} + "
        f"quarantined {totals['quarantined']:,}"
    )
    for row in found["quarantine"]:
        what = "records" if row["whole_record"] else "values"
        click.echo(f"  quarantined {row['pieces']:>4} {what:<8}{row['source']:<12}{row['reason']}")
    if counts.get("identity"):
        click.echo("identity    " + ", ".join(f"{k} {v:,}" for k, v in counts["identity"].items()))


def _show_generation(workspace: Workspace, generation: Generation) -> None:
    gold = generation.manifest.path(workspace.home, "gold")
    shown = showcase(gold)
    if shown["totals"]:
        totals = shown["totals"]
        profiles = totals["persons"] + totals["visitors"] + totals["organisations"]
        click.echo(
            f"profiles {profiles:,} ({totals['persons']:,} persons, {totals['organisations']:,} "
            f"organisations, {totals['visitors']:,} visitors) of {totals['records']:,} source "
            f"records: {totals['records'] - profiles:,} merges"
        )
    if shown["person"]:
        _show_person(generation, shown["person"])
    if shown["score"]:
        _show_score(shown["score"])
    if shown["segment"]:
        click.echo(
            f"one segment: {shown['segment']['segment']}, {shown['segment']['members']:,} members"
        )
    for folder in sorted((workspace.home / "exports").glob("[!.]*")):
        click.echo(f"export in   {folder}")
    click.echo(f"gold file   {gold}")
    if shown["person"]:
        click.echo(f"profile {shown['person']['profile_id']}")


def _show_person(generation: Generation, person: dict[str, Any]) -> None:
    explained = json.loads(generation.document("explain", person["profile_id"]) or b"{}")
    click.echo(
        f"one person: {person['full_name']}, stitched from {person['record_count']} records of "
        f"{', '.join(person['sources'])}"
    )
    strongest = sorted(explained.get("joined_by", []), key=lambda e: -e["match_weight"])
    for edge in strongest[:4]:
        reasons = sorted(edge["weights"], key=lambda w: -abs(w["weight"]))[:4]
        because = ", ".join(f"{w['comparison']} {w['weight']:+.1f}" for w in reasons)
        click.echo(
            f"  {edge['record_l']} = {edge['record_r']}: match weight "
            f"{edge['match_weight']:.1f} ({because})"
        )


def _show_score(score: dict[str, Any]) -> None:
    reasons = json.loads(score["explanation"])[:3]
    because = "; ".join(f"{r['because']} {r['points']:+g}" for r in reasons)
    band = f" ({score['band']})" if score["band"] else ""
    click.echo(f"one score: {score['score']} {score['value']:g}{band}: {because}")


def _demo_key(home: Path) -> str:
    """Return the token of a new key called demo; earlier ones stop working."""
    for old in keys.every(home):
        if old.name == "demo" and old.revoked_at is None:
            keys.revoke(home, old.key_id, at=clock())
    _, token = keys.create(home, "demo", SCOPES, at=clock())
    return token
