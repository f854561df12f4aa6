"""`cdp explain`: why two records or profiles are one, or are not; why one profile is one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from cdp.cli.options import json_option, note, open_workspace, workspace_option
from cdp.errors import InputError, NotFoundError
from cdp.publish.reference import parse
from cdp.publish.served import Published
from cdp.steward.explain import Explanation, candidates, explain, members
from cdp.steward.words import pair_sentences, percent, verdict

if TYPE_CHECKING:
    from cdp.settings import Workspace
    from cdp.steward.waterfall import Format

_SHOWN = 3


@click.command()
@click.argument("one")
@click.argument("other", required=False)
@click.option(
    "--chart",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the telling pair as a waterfall into this file (.svg, .png or .html).",
)
@workspace_option
@json_option
def COMMAND(  # noqa: N802 - the contract of cdp.cli
    one: str, other: str | None, chart: Path | None, workspace_dir: Path, as_json: bool
) -> None:
    """Say why ONE and OTHER are one person or organisation, or why not.

    Each is a source record (crm:417) or a reference (an id, email:…, phone:…). With ONE alone:
    why each record is in that profile, and what nearly was.
    """
    workspace = open_workspace(workspace_dir)
    if other is None:
        if chart is not None:
            msg = "a chart shows two records; name both"
            raise InputError(msg)
        _show_profile(workspace, one, as_json=as_json)
        return
    found = explain(workspace.home, one, other, workspace.about.country)
    ids = dict.fromkeys((found.one.profile_id, found.other.profile_id))
    note(workspace.home, "explain", ids)
    if chart is not None:
        _draw(found, chart)
    document = {"is_one": found.is_one, **asdict(found)}
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(document)))


def _lines(found: dict[str, Any]) -> list[str]:
    lines = list(verdict(found))
    for edge in found["edges"][:_SHOWN] or [e for e in (found["weakest"],) if e]:
        lines += ["", *pair_sentences(edge)]
    if len(found["edges"]) > _SHOWN:
        lines += ["", f"and {len(found['edges']) - _SHOWN} more pairs (--json shows all)"]
    return lines


def _draw(found: Explanation, chart: Path) -> None:
    from cdp.steward.waterfall import FORMATS, draw  # noqa: PLC0415 - matplotlib is slow to import

    kind = chart.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        msg = f"{chart} is none of the pictures {', '.join(f'.{name}' for name in FORMATS)}"
        raise InputError(msg)
    if found.telling is None:
        msg = "no pair between them was close enough to be kept, so there is nothing to draw"
        raise NotFoundError(msg)
    try:
        chart.write_bytes(draw(found.telling, cast("Format", kind)))
    except OSError as error:
        msg = f"{chart} cannot be written: {error.strerror}"
        raise InputError(msg) from None
    click.echo(f"drew {chart}", err=True)


def _show_profile(workspace: Workspace, text: str, *, as_json: bool) -> None:
    generation = Published(workspace.home).current()
    reference = text if ":" not in text else _as_reference(text)
    entity = "account" if text.startswith("A-") else "profile"
    id_ = generation.find(entity, parse(reference, workspace.about.country))
    note(workspace.home, f"{entity}.explain", [id_])
    document: dict[str, Any] = json.loads(generation.document("explain", id_) or b"{}")
    own, near = members(document), candidates(document)
    if as_json:
        shown = {"id": id_, "members": [asdict(m) for m in own], "candidates": near}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    lines = [f"{id_} holds {len(own)} records", ""]
    for member in own:
        if member.strongest is None or member.mean_weight is None:
            lines.append(f"  {member.record_id}  alone: nothing ties it to another record")
            continue
        lines.append(
            f"  {member.record_id}  strongest tie {member.strongest['record_id']} "
            f"({member.strongest['match_weight']:+.1f}), mean {member.mean_weight:+.1f} "
            f"over {member.ties} ties"
        )
    if near:
        lines += ["", "nearest outside:"]
    lines += [
        f"  {e['other_id']}  {e['record_l']} and {e['record_r']} {e['match_weight']:+.1f}, "
        f"{percent(e['probability'])}; {e['innocent'] or 'no innocent explanation'}"
        for e in near
    ]
    click.echo("\n".join(lines))


def _as_reference(text: str) -> str:
    """Return a record id as the reference `source:record id`; other references as they are."""
    try:
        parse(text, "")
    except InputError:
        return f"source:{text}"
    return text
