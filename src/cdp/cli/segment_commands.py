"""Commands of `cdp segment` besides list, preview and export: comparing, filling, measuring."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from cdp.cli.options import clock, json_option, note, open_workspace, user, workspace_option
from cdp.errors import InputError, UnknownNameError
from cdp.pipeline import moment
from cdp.publish.served import Published
from cdp.segments.definition import SegmentFile
from cdp.segments.known import document_of, files, known
from cdp.segments.overlap import overlap
from cdp.segments.uplift import Question, arms, uplift
from cdp.steward.groups import Group, refs_of
from cdp.store import Warehouse, goldfile, manifest
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_segments import Segments, StaticMembers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.segments.known import Known
    from cdp.segments.uplift import Arm, Interval
    from cdp.settings import Workspace
    from cdp.store.manifest import Manifest

_RECORDS = """
select m.profile_id, coalesce(min(r.record_id), '') as record_id
from gold.segment_member as m
left join gold.source_record as r on r.profile_id = m.profile_id
where m.segment = $name
group by m.profile_id
order by m.profile_id
"""
_HISTORY = """
select h.run_id, h.at, h.event, coalesce(h.cause, '') as cause, count(*) as profiles
from gold.segment_history as h
where h.segment = $name
group by all
order by h.run_id desc, h.event, profiles desc
limit $n
"""


@contextmanager
def published(workspace: Workspace) -> Iterator[tuple[Warehouse, Manifest]]:
    """Open the published file.

    Raises:
        StateError: nothing is published.
    """
    described = manifest.published(workspace.home)
    with goldfile.reading(described.path(workspace.home, "gold")) as connection:
        yield Warehouse(connection), described


def segment_of(workspace: Workspace, name: str) -> Known:
    """Return a segment of the workspace.

    Raises:
        UnknownNameError: there is none of this name.
    """
    segments = known(workspace)
    if name not in segments:
        raise UnknownNameError(kind="segment", name=name, known=sorted(segments))
    return segments[name]


@click.command("overlap")
@click.argument("names", nargs=-1)
@workspace_option
@click.option(
    "--charts",
    type=click.Path(path_type=Path, file_okay=False),
    help="Draw the matrix into this folder.",
)
@json_option
def overlap_(
    names: tuple[str, ...], workspace_dir: Path, charts: Path | None, as_json: bool
) -> None:
    """Show how many members the published segments share: NAMES, or all of them."""
    workspace = open_workspace(workspace_dir)
    chosen = [segment_of(workspace, name).name for name in names] or list(files(workspace))
    with published(workspace) as (warehouse, _):
        found = overlap(warehouse, chosen)
    if charts is not None:
        from cdp.steward.segment_charts import matrix  # noqa: PLC0415 - matplotlib is slow to load

        charts.mkdir(parents=True, exist_ok=True)
        (charts / "overlap.svg").write_text(matrix(found), encoding="utf-8")
        click.echo(charts / "overlap.svg", err=True)
    if as_json:
        click.echo(json.dumps({"segments": found.segments, "matrix": found.matrix}, indent=2))
        return
    table = Table("segment", *found.segments, box=None, header_style="bold")
    for name, row in zip(found.segments, found.matrix, strict=True):
        table.add_row(name, *(f"{shared:,}" for shared in row))
    Console().print(table)


@click.command("upload")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@workspace_option
@json_option
def upload_(name: str, file: Path, workspace_dir: Path, as_json: bool) -> None:
    """Put those whom a CSV FILE names into the static group NAME, which is made if it is new.

    A column says who is meant: ref (an id, email:..., source:...), profile_id, email, phone or
    record_id. Members are there with the next run; lookups show them at once.
    """
    workspace = open_workspace(workspace_dir)
    try:
        refs = refs_of(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        msg = f"{file} is not UTF-8 text; save it as UTF-8"
        raise InputError(msg) from error
    by = By(user(), f"upload of {file.name}", clock())
    definition = _static(workspace, name, by, f"uploaded from {file.name}")
    generation = Published(workspace.home).current()
    country = workspace.about.country
    items = Group(workspace.home, name, definition.of, generation, country).add(refs, by)
    ids = sorted({item.profile_id for item in items if item.profile_id is not None})
    note(workspace.home, "segment.members.add", ids, detail=name)
    counts = Counter(item.status for item in items)
    if as_json:
        told: dict[str, Any] = {"segment": name, "counts": dict(sorted(counts.items()))}
        click.echo(json.dumps(told | {"items": [item.document() for item in items]}, indent=2))
        return
    for item in items:
        if item.profile_id is None:
            click.echo(f"{item.ref}: {item.status}: {item.message}", err=True)
    click.echo(f"{name}: " + ", ".join(f"{n:,} {status}" for status, n in sorted(counts.items())))


@click.command("freeze")
@click.argument("name")
@click.argument("group")
@workspace_option
def freeze_(name: str, group: str, workspace_dir: Path) -> None:
    """Keep the published members of the segment NAME as the static group GROUP."""
    workspace = open_workspace(workspace_dir)
    source = segment_of(workspace, name)
    if group in files(workspace):
        msg = f"a segment is called {group!r} already; choose another name"
        raise InputError(msg)
    by = By(user(), f"frozen from {name}", clock())
    with published(workspace) as (warehouse, described):
        members = warehouse.query(_RECORDS, name=name).rows()
    described_as = f"{name} as of {described.as_of[:10]} (generation {described.generation})"
    _static(workspace, group, by, described_as, of=source.definition.of)
    with State.open(workspace.home) as state:
        StaticMembers(state).add(group, members, by)
    note(workspace.home, "segment.freeze", [name], detail=group)
    click.echo(f"{group}: {len(members):,} members, {described_as}")


@click.command("history")
@click.argument("name")
@workspace_option
@click.option("--last", default=20, show_default=True, help="How many rows to show.")
@json_option
def history_(name: str, workspace_dir: Path, last: int, as_json: bool) -> None:
    """Show how many came into NAME and left it, by run and cause."""
    workspace = open_workspace(workspace_dir)
    segment_of(workspace, name)
    with published(workspace) as (warehouse, _):
        rows = warehouse.query(_HISTORY, name=name, n=last).to_dicts()
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    table = Table("run", "at", "event", "cause", "profiles", box=None, header_style="bold")
    for row in rows:
        table.add_row(*(f"{v:,}" if k == "profiles" else str(v) for k, v in row.items()))
    Console().print(table)


@click.command("uplift")
@click.argument("name")
@workspace_option
@click.option("--outcome", default="order", show_default=True, help="Event that counts.")
@click.option("--since", required=True, help="When it began: a date or a moment (UTC).")
@click.option("--until", help="The read-out, fixed beforehand; default: the published moment.")
@click.option("--campaign", help="A campaign of the segment's `control`, instead of the segment.")
@json_option
def uplift_(  # noqa: PLR0913, PLR0917 - options are arguments
    name: str,
    workspace_dir: Path,
    outcome: str,
    since: str,
    until: str | None,
    campaign: str | None,
    as_json: bool,
) -> None:
    """Measure what activation of NAME made of its members, against those held out.

    Everybody who was in the segment at --since counts, in the arm that the hash put them in,
    reached or not. Intervals are of 95 %.
    """
    workspace = open_workspace(workspace_dir)
    salt, held_out = arms(segment_of(workspace, name), campaign)
    with published(workspace) as (warehouse, described):
        ends = _moment("--until", until or described.as_of)
        question = Question(name, salt, held_out, outcome, _moment("--since", since), ends)
        found = uplift(warehouse, question)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2))
        return
    _tell_arm("treated", found.treated)
    _tell_arm("control", found.control)
    if found.rate is None:
        click.echo(
            f"the arms are not as they were drawn (p = {found.sample_ratio_p:.2g}): something "
            "else than the hash has parted them, and nothing can be concluded"
        )
        return
    click.echo(f"uplift of the rate: {_told(found.rate, 100)} percentage points")
    if found.spend is not None:
        unstable = " (unstable: under 100 buyers in the control group)" if found.marks else ""
        click.echo(f"uplift of spend a member: {_told(found.spend)}{unstable}")
    if found.additional is not None:
        click.echo(f"members who would not have without it: {_told(found.additional)}")


COMMANDS = (overlap_, upload_, freeze_, history_, uplift_)


def _static(
    workspace: Workspace, name: str, by: By, description: str, of: str = "person"
) -> SegmentFile:
    """Return the definition of a static group; it is made where there is none of the name."""
    found = known(workspace).get(name)
    if found is not None:
        if not found.definition.static:
            msg = f"the members of {name!r} follow from its definition; choose another name"
            raise InputError(msg)
        return found.definition
    given = {"description": description, "of": of, "static": True}
    definition = SegmentFile.model_validate(given)
    kept = json.dumps(document_of(definition), ensure_ascii=False)
    with State.open(workspace.home) as state:
        Segments(state).put(name, kept, by, 0)
    return definition


def _moment(option: str, text: str) -> datetime:
    try:
        return moment(text).astimezone(UTC)
    except ValueError:
        msg = f"{option} {text!r} is no ISO 8601 date or moment, such as 2026-06-01"
        raise InputError(msg) from None


def _tell_arm(name: str, arm: Arm) -> None:
    click.echo(
        f"{name}: {arm.members:,} members, {arm.responders:,} did it ({arm.rate:.2%}), "
        f"{arm.amount:,.2f} spent"
    )


def _told(found: Interval, times: float = 1) -> str:
    value, low, high = (round(x * times, 2) for x in (found.value, found.low, found.high))
    return f"{value:+,.2f} ({low:+,.2f} to {high:+,.2f})"
