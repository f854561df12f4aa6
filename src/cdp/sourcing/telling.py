"""What is known of sources in lines for people, for a screen of 80 columns."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.sourcing.preview import Previewed

_SCREEN: Final = 80
_ELEMENTS: Final = 2
_NOTHING: Final[tuple[object, ...]] = (None, "", [])


def listed(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a declared source: what reads it, and what it brought."""
    failed = "  partly" if row["partly"] else "  FAILED"
    yield f"{row['source']}  {row['type']}{failed if row['problems'] else ''}"
    yield f"    reads    {row['place'] or 'what its options say'}"
    yield f"    mapping  {row['mapping'] or 'none: nothing says what its records are'}"
    if row["schedule"] is not None:
        yield f"    due      {row['schedule']}"
    if row["last_load"] is None:
        yield "    brought  nothing yet"
    else:
        pieces = "1 piece" if row["rejected"] == 1 else f"{row['rejected']:,} pieces"
        refused = f", {pieces} rejected" if row["rejected"] else ""
        yield f"    brought  {versions(row['rows'])}{refused}, last {row['last_load']}"
    problems = row["problems"]
    if problems:
        yield folded(f"    failed   {problems[0]}", 13)
    if len(problems) > 1:
        more = f"and {len(problems) - 1} more; `cdp source test {row['source']}` shows them"
        yield folded(f"             {more}", 13)


def versions(rows: int) -> str:
    """Return how much was landed, in words."""
    return "1 version of a record" if rows == 1 else f"{rows:,} versions of records"


def screen(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the screen of a test, no wider than a terminal where it can be helped."""
    yield f"{told['source']}  {told['type']}  {told['place'] or ''}"
    yield f"mapping  {told['mapping'] or 'none'}"
    if told["problem"] is not None:
        yield folded(f"cannot be read: {told['problem']}")
    objects = told["objects"]
    width = max((len(each["object"]) for each in objects), default=0)
    if objects:
        yield ""
        yield f"{'object':<{width}}  {'records':>8}  {'fields':>6}  read up to"
    for each in objects:
        yield _object(each, width)
    refused = [each["problem"] for each in objects if not each["readable"]]
    yield from _remedies(refused)
    yield from findings(told["findings"])
    if told["notes"]:
        yield ""
    yield from (folded(note) for note in told["notes"])
    yield ""
    yield f"{len(objects) - len(refused)} of {len(objects)} objects can be read"


def refused(problems: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each object that cannot be read, then what to do, said once for all."""
    width = max(map(len, problems), default=0)
    yield from (_refusal(name, problem, width) for name, problem in problems.items())
    yield from _remedies(list(problems.values()))


def _remedies(problems: list[str]) -> Iterator[str]:
    """Yield what to do about problems, each remedy once with how many objects it is for."""
    remedies = Counter(problem.partition("; ")[2] for problem in problems)
    if remedies:
        yield ""
    yield from (folded(f"{count} not readable: {remedy}") for remedy, count in remedies.items())


def _refusal(name: str, problem: str, width: int) -> str:
    said = problem.partition("; ")[0]
    short = re.sub(r"^source [^:]+: (?:\S+://\S+ )?(?:answered )?", "", said)
    line = f"{name:<{width}}  {short}"
    return line if len(line) <= _SCREEN else f"{line[: _SCREEN - 1]}…"


def _object(each: Mapping[str, Any], width: int) -> str:
    if not each["readable"]:
        return _refusal(each["object"], each["problem"], width)
    records = f"{each['records']:,}{'+' if each['more'] else ''}"
    up_to = (each["read_up_to"] or "not yet")[:19]
    return f"{each['object']:<{width}}  {records:>8}  {each['fields']:>6}  {up_to}"


def findings(found: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each finding; what a type's mapping reads for nothing in one an object."""
    if found:
        yield ""
    missing: dict[str, list[str]] = {}
    for finding in found:
        if finding["problem"] != "unknown_field" or finding["is_error"] or finding["nearest"]:
            yield folded(f"{'error' if finding['is_error'] else 'note'}: {finding['says']}")
        else:
            missing.setdefault(finding["object"], []).append(" or ".join(finding["fields"]))
    for name, fields in missing.items():
        said = f"note: {name}: the mapping also reads what is not there: {', '.join(fields)}"
        yield folded(said)


def came(record: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield a line for each field that has a value, those of objects below their names."""
    for name, value in record.items():
        is_list = isinstance(value, list) and any(isinstance(each, dict) for each in value)
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from came(value, f"{indent}  ")
        elif is_list:
            for number, each in enumerate(value[:_ELEMENTS]):
                yield f"{indent}{name}[{number}]:"
                yield from came(each, f"{indent}  ")
            if len(value) > _ELEMENTS:
                yield f"{indent}{name}: {len(value) - _ELEMENTS} more"
        elif value not in _NOTHING:
            yield f"{indent}{name}: {value}"


def became(each: Previewed) -> Iterator[str]:
    """Yield the lines of what becomes of a record, and of what was left out of it."""
    if not each.becomes and not each.left_out:
        yield "nothing"
    for thing in each.becomes:
        yield f"{thing.kind} {thing.id}"
        for name, value in thing.values.items():
            if name == "custom":
                yield from (f"  custom {k}: {v}" for k, v in json.loads(value).items())
            else:
                yield f"  {name}: {_shortly(value)}"
        yield from (f"  {_part(table, row)}" for table, row in thing.parts)
    for left in each.left_out:
        what = "not accepted" if left["whole_record"] else f"left out {left['field']}"
        yield f"{what}: {left['message']}"


def _part(table: str, row: Mapping[str, Any]) -> str:
    """Return one line of an attribute, an identifier, a consent, a relationship, an order line."""
    if table in {"attribute", "identifier"}:
        return f"{row.get('attribute') or row.get('kind')}: {_shortly(row['value'])}"
    return f"{table}: {', '.join(_shortly(value) for value in row.values())}"


def _shortly(value: object) -> str:
    """Return a value in one line: moments to the second, of an address what is known."""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    text = str(value)
    if not text.startswith("{"):
        return text
    parts = json.loads(text)
    return ", ".join(str(part) for part in parts.values() if part is not None)


def folded(line: str, indent: int = 2) -> str:
    """Return a long line as several, those after the first indented."""
    wrapped = wrap(
        line,
        _SCREEN,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return line[: len(line) - len(line.lstrip())] + "\n".join(wrapped).lstrip()
