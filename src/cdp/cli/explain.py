"""`cdp explain`: why two records or profiles are one, or are not."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cdp.cli.options import json_option, open_workspace, workspace_option
from cdp.publish.explain import Explanation, explain

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN = 5
_BAR = 20


@click.command()
@click.argument("one")
@click.argument("other")
@workspace_option
@json_option
def COMMAND(one: str, other: str, workspace_dir: Path, as_json: bool) -> None:  # noqa: N802 - the contract of cdp.cli
    """Say why ONE and OTHER are one person or organisation, or why not.

    Each is a source record (crm:417) or a reference (an id, email:…, phone:…).
    """
    workspace = open_workspace(workspace_dir)
    found = explain(workspace.home, one, other, workspace.about.country)
    if as_json:
        document = {"is_one": found.is_one, **asdict(found)}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(found)))


def _lines(found: Explanation) -> list[str]:
    lines = [_verdict(found)]
    lines += [
        f"a steward ({d['actor']}) said {d['verdict']} of {d['record_l']} and {d['record_r']}: "
        f"{d['reason']}"
        for d in found.decisions
    ]
    if found.path:
        lines.append(f"they hang together through {' - '.join(found.path)}")
    if not found.edges:
        lines.append("no pair between them was close enough to be scored")
    for edge in found.edges[:_SHOWN]:
        lines += _waterfall(edge)
    if len(found.edges) > _SHOWN:
        lines.append(f"and {len(found.edges) - _SHOWN} more pairs (--json shows all)")
    return lines


def _verdict(found: Explanation) -> str:
    one, other = found.one, found.other
    if found.is_one:
        return f"{one.reference} and {other.reference} are one: {one.profile_id}"
    return f"{one.reference} ({one.profile_id}) and {other.reference} ({other.profile_id}) are two"


def _waterfall(edge: dict[str, Any]) -> list[str]:
    verdict = "joined" if edge["decided"] else "kept apart"
    head = (
        f"{edge['record_l']} / {edge['record_r']}: match weight {edge['match_weight']:.2f}, "
        f"probability {edge['probability']:.4f}, {verdict} by {edge['decided_by']}"
    )
    weights = edge["weights"]
    largest = max((abs(w["weight"]) for w in weights), default=0.0) or 1.0
    bars = [_bar(w["comparison"], w["weight"], w["weight"] / largest, w["level"]) for w in weights]
    if edge["innocent"]:
        bars.append(f"  strongest innocent explanation: {edge['innocent']}")
    return ["", head, *bars]


def _bar(comparison: str, weight: float, share: float, level: str | None) -> str:
    bar = ("+" if weight >= 0 else "-") * round(abs(share) * _BAR)
    return f"  {comparison:<18} {weight:>7.2f}  {bar:<{_BAR}} {level or ''}".rstrip()
