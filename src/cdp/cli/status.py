"""`cdp status`: what was published, how the last run went, what was quarantined."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from cdp.cli.options import json_option, open_workspace, workspace_option
from cdp.cli.table import lines, screen_width, shown
from cdp.sourcing.landed import failed
from cdp.sourcing.telling import folded
from cdp.store import manifest
from cdp.store.overview import overview
from cdp.store.peek import peek

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Rows = list[dict[str, Any]]

_OFTEN_NOTHING: Final = frozenset({"superseded", "deleted", "quarantined", "fields_left_out"})
"""Counts that are left out where they are nothing everywhere."""


@click.command("status")
@workspace_option
@json_option
def COMMAND(workspace_dir: Path, as_json: bool) -> None:  # noqa: N802 - contract of cdp.cli
    """Show what is served, how the last run went, and what each source delivered.

    A source that the last run could not read is named first, with what to do.
    """
    home = open_workspace(workspace_dir).home
    with peek(home) as warehouse:
        found = overview(warehouse)
        failures, partly = failed(warehouse)
    found["failed"] = [
        {"source": name, "partly": name in partly, "problems": problems}
        for name, problems in failures.items()
    ]
    served = manifest.current(home)
    found["served"] = (
        {"generation": served.generation, "run_id": served.run_id, "as_of": served.as_of}
        if served
        else None
    )
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
    else:
        for line in _screen(found, screen_width()):
            click.echo(line)


def _screen(found: dict[str, Any], width: int | None) -> Iterator[str]:
    served, last = found["served"], found["run"]
    if served:
        yield f"generation {served['generation']} of run {served['run_id']} is served"
    else:
        yield "nothing is published yet"
    if last:
        yield f"run {last['run_id']} as of {last['as_of']}: {last['outcome']}"
        if last["message"]:
            yield shown(last["message"])
    for each in found["failed"]:
        yield from _failed(each)
    if found["stages"]:
        yield from ("", _title("stages"), *map(_stage, found["stages"]))
    for title in ("sources", "quarantine", "drift"):
        yield from _rows(title, found[title], width)


def _title(text: str) -> str:
    return click.style(text, italic=True)


def _failed(each: dict[str, Any]) -> Iterator[str]:
    """Yield what could not be read of a source; what was read before is not lost."""
    how = "was read in part" if each["partly"] else "FAILED; what it brought before stays"
    yield f"source {each['source']} {how}"
    known = f"source {each['source']}: "
    yield from (folded(f"  {shown(said.removeprefix(known))}", 2) for said in each["problems"])


def _stage(stage: dict[str, Any]) -> str:
    if stage["skipped"]:
        return f"{stage['stage']:<11}unchanged"
    counts = (f"{k.replace('_', ' ')} {v:,}" for k, v in stage["counts"].items() if v)
    said = ", ".join(counts) or "nothing to do"
    return folded(f"{stage['stage']:<11}{stage['seconds']:6.1f} s  {said}", 21)


def _rows(title: str, rows: Rows, width: int | None) -> Iterator[str]:
    """Yield a table of what there is to say; one that is too wide as a paragraph for each row."""
    if not rows:
        return
    yield from ("", _title(title))
    names = [
        name for name in rows[0] if name not in _OFTEN_NOTHING or any(row[name] for row in rows)
    ]
    told = [[row[name] for name in names] for row in rows]
    table = list(lines([name.replace("_", " ") for name in names], told, None))
    if width is None or all(len(click.unstyle(line)) <= width for line in table):
        yield from table
    else:
        yield from (_paragraph(names, row) for row in told)


def _paragraph(names: list[str], row: list[Any]) -> str:
    """Return what a row names, and below it what it says."""
    keys = sum(1 for name in names if name in {"source", "object", "field", "reason"})
    named = "  ".join(shown(value) for value in row[:keys])
    rest = zip(names[keys:], row[keys:], strict=True)
    said = ", ".join(f"{name.replace('_', ' ')} {shown(value)}" for name, value in rest)
    return f"{named}\n{folded('    ' + said, 4)}"
