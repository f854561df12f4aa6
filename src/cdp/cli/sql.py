"""`cdp sql`: ask the published generation, read-only."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING

import click

from cdp.cli.options import note, open_workspace, workspace_option
from cdp.cli.table import lines, screen_width
from cdp.errors import InputError
from cdp.store import goldfile, manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cdp.store.manifest import Manifest

    Rows = Iterable[list[tuple[object, ...]]]
    Printer = Callable[[list[str], Rows], None]


@click.command()
@click.argument("query", required=False)
@workspace_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How rows are printed; json is one object a line.",
)
def COMMAND(query: str | None, workspace_dir: Path, format_: str) -> None:  # noqa: N802 - the contract of cdp.cli
    """Run QUERY on the views of the published generation, such as customer_360 or orders.

    Without a query it asks for one after the other in a terminal, else reads standard input.
    Nothing can be changed. `show tables` lists what there is. No value is cut: a table that is
    wider than the terminal is shown with a line for each column.
    """
    home = open_workspace(workspace_dir).home
    described = manifest.published(home)
    printer = _PRINTERS[format_]
    with goldfile.reading(described.path(home, "gold")) as connection:
        if query is None and sys.stdin.isatty():
            click.echo(
                f"generation {described.generation}; end a query with ; and leave with Ctrl-D",
                err=True,
            )
            for text in _typed():
                try:
                    _note(home, described)
                    printer(*goldfile.ask(connection, text))
                except InputError as error:
                    click.echo(f"error: {error}", err=True)
        else:
            text = query if query is not None else sys.stdin.read()
            _note(home, described)
            printer(*goldfile.ask(connection, text))


def _note(home: Path, described: Manifest) -> None:
    """Write that somebody queried; not the query, in which somebody may be named."""
    note(home, "sql", ["gold"], detail=f"generation {described.generation}")


def _typed() -> Iterator[str]:
    """Yield what is typed up to each semicolon, until the end of input."""
    pending = ""
    while True:
        try:
            line = input("cdp> " if not pending else "...> ")
        except EOFError:
            click.echo(err=True)
            return
        pending += line + "\n"
        if pending.rstrip().endswith(";"):
            yield pending
            pending = ""


def _print_table(columns: list[str], rows: Rows) -> None:
    every = [row for batch in rows for row in batch]
    for line in lines(columns, every, screen_width()):
        click.echo(line)


def _print_csv(columns: list[str], rows: Rows) -> None:
    _write_csv([tuple(columns)])
    for batch in rows:
        _write_csv(batch)


def _write_csv(rows: Iterable[tuple[object, ...]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    click.echo(text.getvalue(), nl=False)


def _print_json(columns: list[str], rows: Rows) -> None:
    for batch in rows:
        for row in batch:
            document = dict(zip(columns, row, strict=True))
            click.echo(json.dumps(document, default=str, ensure_ascii=False))


_PRINTERS: dict[str, Printer] = {
    "table": _print_table,
    "csv": _print_csv,
    "json": _print_json,
}
