"""`cdp match`: identity resolution on any table, no workspace, no configuration, no labels."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from cdp.cli.options import json_option

if TYPE_CHECKING:
    from cdp.identity.match import MatchReport


@click.command("match")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV file to write record_id,entity_id to.",
)
@click.option(
    "--explain",
    "explain_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the scored edges with their reasons and the model with its card.",
)
@click.option(
    "--mode",
    type=click.Choice(["strict", "lenient"]),
    default="strict",
    show_default=True,
    help="strict: a false merge costs more than a miss; lenient: the other way round.",
)
@json_option
def COMMAND(  # noqa: N802 - contract of cdp.cli
    files: tuple[Path, ...],
    out: Path,
    explain_dir: Path | None,
    mode: Literal["strict", "lenient"],
    as_json: bool,
) -> None:
    """Say which rows of FILES are the same person or organisation.

    FILES are CSV, JSON lines or Parquet tables with any of the columns record_id, source,
    given_name, middle_name, family_name, full_name, birth_date, gender, email, phone, street,
    city, postcode, state, country, company, national_id, other_ids, extra, or names people
    commonly give them; other columns count as weak evidence. A cell may hold several values:
    a list, a JSON array, or text parted by ; or |.
    """
    from cdp.identity.match import match  # noqa: PLC0415 - the engine is slow to import

    click.echo(f"reading {len(files)} file(s) ...", err=True)
    report = match(files, out, explain_dir=explain_dir, mode=mode)
    if as_json:
        click.echo(json.dumps(asdict(report), default=str))
    for line in sentences(report):
        click.echo(line, err=True)


def sentences(report: MatchReport) -> list[str]:
    """Return what was done, what is unsure and how long it took, for people."""
    rows = ", ".join(
        f"{count:,} {kind} records are {report.entities[kind]:,} entities"
        for kind, count in report.records.items()
    )
    total = sum(report.seconds.values())
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in report.seconds.items())
    lines = [
        f"{rows or 'no records'}; the largest holds {report.largest} records",
        (
            f"unsure: {report.unsure_pairs:,} of {report.pairs:,} compared pairs lie between 10 % "
            f"and 90 %; expected wrong pairs {report.expected_wrong_pairs:,.1f}, "
            f"missed {report.expected_missed_pairs:,.1f}"
        ),
        f"took {total:.1f} s ({steps})",
        f"wrote {report.out}",
    ]
    if report.explained:
        lines.append(f"reasons for every edge and the model: {report.explained}")
    return lines
