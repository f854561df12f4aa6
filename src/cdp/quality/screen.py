"""The report of the last run on a screen of 80 columns."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_DRIFT: Final = 20
_LONGEST_RULE: Final = 30
_BESIDE: Final = {"run_id", "reasons"}
Row = dict[str, Any]


def show_report(found: dict[str, Any], *, everything: bool, is_ruled: bool) -> None:
    """Print the report of the last run."""
    console = Console(highlight=False)
    lines = [*_rules(found["rules"], everything=everything, is_ruled=is_ruled)]
    lines += _stale(found["stale"])
    lines += _quarantine(found["quarantine"])
    lines += _drift(found["drift"])
    console.print("\n".join(lines), markup=False)
    _show_balance(console, found["balance"])


def _rules(rules: list[Row], *, everything: bool, is_ruled: bool) -> Iterator[str]:
    if not is_ruled:
        yield "no rules are declared; quality/<source>.yaml holds them (docs/quality.md)"
        return
    broken = [row for row in rules if row["failed"]]
    yield f"{len(rules) - len(broken)} of {len(rules)} rules are kept by every record"
    for title, rows in _by_object(rules if everything else broken):
        yield f"\n{title}"
        width = min(max(len(row["rule"]) for row in rows), _LONGEST_RULE)
        for row in rows:
            failed = f"{row['failed']:,} of {row['checked']:,}"
            yield (
                f"  {row['rule']:{width}}  {row['severity']:10}  {failed:>14}"
                f"  {row['share']:>6.1%}  {_trend(row)}"
            )
            if row["failed"]:
                examples = f" (such as {', '.join(row['examples'][:3])})" if row["examples"] else ""
                yield f"    {row['message']}{examples}"


def _trend(row: Row) -> str:
    before = row["failed_before"]
    if before is None:
        return "new"
    return f"{row['failed'] - before:+,}" if row["failed"] != before else "as before"


def _by_object(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    for (source, name), group in groupby(rows, key=lambda row: (row["source"], row["object"])):
        yield f"{source}: {name}", list(group)


def _stale(rows: list[Row]) -> Iterator[str]:
    if rows:
        yield "\ntoo old by now"
    for row in rows:
        newest = f"{row['changed_at']:%Y-%m-%d %H:%M} UTC" if row["changed_at"] else "never"
        yield f"  {row['source']}: {row['object']} changed {newest}, wanted within {row['fresh']}"


def _quarantine(rows: list[Row]) -> Iterator[str]:
    if rows:
        yield "\nin quarantine (`cdp quality list` shows the records)"
    for title, group in _by_object(rows):
        reasons = ", ".join(f"{row['reason']} {row['records']:,}" for row in group)
        yield f"  {title}  {reasons}"


def _drift(rows: list[Row]) -> Iterator[str]:
    if rows:
        yield "\ndrift of fields, the latest first"
    for row in rows[:_MOST_DRIFT]:
        yield (
            f"  {row['source']}: {row['object']} {row['field']} {row['kind'].replace('_', ' ')}"
            f" ({row['detail']})"
        )
        yield (
            f"    first seen {row['first_seen_at']:%Y-%m-%d %H:%M} (run {row['first_run']}), last "
            f"{row['last_seen_at']:%Y-%m-%d %H:%M} (run {row['last_run']})"
        )
    if len(rows) > _MOST_DRIFT:
        yield f"  and {len(rows) - _MOST_DRIFT} more; --json lists them"


def _show_balance(console: Console, rows: list[Row]) -> None:
    if not rows:
        return
    console.print(f"\nrows read by run {rows[0]['run_id']}, and what became of them")
    names = [name for name in rows[0] if name not in _BESIDE]
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="")
    for name in names:
        table.add_column(name, justify="left" if name == "source" else "right", overflow="fold")
    for row in rows:
        table.add_row(*(f"{row[n]:,}" if n != "source" else row[n] for n in names))
    console.print(table)
    for row in rows:
        if row["reasons"]:
            console.print(f"{row['source']} in quarantine: {row['reasons']}", markup=False)
