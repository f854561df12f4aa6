"""A fact sheet: one page on a customer, made of what a view shows, to be printed or read.

Invariant: it shows nothing that the view does not, and no character of a value reaches the page
unescaped. Rows are dealt out so that the page stays one page of A4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jinja2 import Environment, StrictUndefined

from cdp.scenarios.scenario import Scenario, View, chosen
from cdp.scenarios.written import MONEY, label, line, money, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jinja2 import Template

_LINES: Final = 36
"""Rows of tables that a page of A4 has room for beside the cards."""
_FEWEST, _MOST = 3, 8
_MOST_LISTED: Final = 6
_NOTHING: Final = "-"
_MASTER: Final = (
    *("title", "email", "phone", "address", "website", "birth_date", "language", "tax_id"),
    *("industry", "company", "job_title", "role", "account", "parent_account"),
)
_ORDERED: Final = (
    *("orders", "revenue", "orders_365d", "revenue_365d", "average_basket", "first_order_at"),
    "last_order_at",
)
_BEHAVED: Final = (
    *("open_carts", "interactions_90d", "last_interaction_at", "preferred_channel"),
    "top_interest",
)
_KINDS: Final = {"person": "Person", "visitor": "Anonymous visitor", "group": "Group"}
_TIMELINE: Final = {"at": "at", "kind": "kind", "happened": "title", "source": "source"}


class Column(NamedTuple):
    """A column of a table."""

    name: str
    label: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A few values with their names."""

    title: str
    trust: str
    lines: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a block; `more` says how many there are where not all are shown, else 0."""

    title: str
    trust: str
    columns: list[Column]
    rows: list[list[tuple[Column, str]]]
    more: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is on the page."""

    name: str
    kind: str
    id: str
    status: str
    notes: list[str]
    cards: list[Card]
    tables: list[Table]
    gaps: list[str]
    empty: list[str]
    about: str


DEFAULT_VIEW: Final = "sales"
_PLAIN: Final = View(
    "fact_sheet",
    Scenario.model_validate(
        {
            "description": "A page on a customer, where the workspace has no view sales.",
            "purpose": "fact sheet",
            "include": ("timeline", "consents"),
        }
    ),
    {},
)


def view_for(views: Mapping[str, View], name: str | None) -> View:
    """Return the view that a fact sheet is made of: the named one, else sales, else a plain one.

    Raises:
        UnknownNameError: there is no view of this name.
    """
    return views.get(DEFAULT_VIEW, _PLAIN) if name is None else chosen(views, name)


def render(document: Mapping[str, Any], *, is_masked: bool) -> str:
    """Return the page on a view of a profile or account, complete in itself."""
    return _template().render(sheet=sheet_of(document, is_masked=is_masked))


def sheet_of(document: Mapping[str, Any], *, is_masked: bool) -> Sheet:
    """Return what is on the page of a view."""
    blocks = _blocks(document)
    filled = [block for block in blocks if block["rows"]]
    share = max(_FEWEST, min(_MOST, _LINES // max(1, len(filled)) - 2))
    kind = document.get("account_type") or document.get("profile_type") or ""
    is_person = "profile_id" in document
    return Sheet(
        name=document.get("full_name") or document.get("name") or "Without a name",
        kind=_KINDS.get(kind, "Person" if is_person else "Organisation"),
        id=str(document.get("profile_id") or document.get("account_id") or ""),
        status=str(document.get("status") or ""),
        notes=_notes(document, is_masked=is_masked),
        cards=[card for card in _cards(document) if card.lines],
        tables=[_table(block, share) for block in filled],
        gaps=[f"{b['title']}: {b['gap']['reason']}" for b in blocks if b.get("gap")],
        empty=[b["title"] for b in blocks if not b["rows"] and not b.get("gap")],
        about=_about(document["view"]),
    )


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    file = files("cdp.scenarios") / "templates" / "fact_sheet.html.j2"
    return environment.from_string(file.read_text("utf-8"))


def _notes(document: Mapping[str, Any], *, is_masked: bool) -> list[str]:
    about = document["view"]
    others = document.get("possible") or ()
    names = ", ".join(_hint(other) for other in others[:_MOST_LISTED])
    return [
        *(
            [f"Stale: this was published at {line(about['published_at'])}."]
            if about["stale"]
            else []
        ),
        *(["Personal data is masked on this page."] if is_masked else []),
        *([f"Perhaps the same, not confirmed: {names}."] if names else []),
    ]


def _hint(other: Mapping[str, Any]) -> str:
    chance = other.get("probability")
    told = f" ({chance:.0%})" if chance is not None else ""
    return f"{other.get('name') or 'without a name'} {other['other_id']}{told}"


def _cards(document: Mapping[str, Any]) -> Iterable[Card]:
    trust = document["view"]["trust"]
    master = [name for name in _MASTER if document.get(name)]
    is_seen = bool(master) and all(trust.get(name) == "evidence" for name in master)
    yield Card("Master data", "evidence" if is_seen else "fact", _lines(document, master))
    facts = document.get("facts") or {}
    yield Card("Orders and revenue", "fact", _figures(facts, _ORDERED))
    yield Card("Behaviour", "evidence", _figures(facts, _BEHAVED))
    scores = document.get("scores") or ()
    lines = [(label(row["score"]), _score(row)) for row in scores[:_MOST_LISTED]]
    segments = [row["segment"].replace("_", " ") for row in document.get("segments") or ()]
    lines += [("Segments", ", ".join(segments))] if segments else []
    yield Card("Scores and segments", "evidence", lines)
    rows = document.get("consents") or ()
    best = [row for row in rows if row.get("best") and row["purpose"] == "marketing"]
    yield Card("Permissions for marketing", "fact", [(c["channel"], c["state"]) for c in best])


def _lines(document: Mapping[str, Any], names: Iterable[str]) -> list[tuple[str, str]]:
    return [(label(name), line(document[name])) for name in names]


def _figures(facts: Mapping[str, Any], names: Iterable[str]) -> list[tuple[str, str]]:
    currency = facts.get("currency")
    return [
        (label(name), money(facts[name], currency) if name in MONEY else line(facts[name]))
        for name in names
        if facts.get(name)
    ]


def _score(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return str(row.get("band") or row.get("status") or "").replace("_", " ")
    return " · ".join(filter(None, (line(row["value"]), row.get("band") or "")))


def _blocks(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the blocks of the view, and its timeline as one of them."""
    blocks = [dict(block) for block in (document.get("blocks") or {}).values()]
    if "timeline" in document:
        rows = [
            {name: entry[field] for name, field in _TIMELINE.items()}
            for entry in document["timeline"]
        ]
        blocks.append({"title": "Latest events", "trust": "mixed", "rows": rows})
    return blocks


def _table(block: Mapping[str, Any], share: int) -> Table:
    rows = [written(row) for row in block["rows"]]
    names = dict.fromkeys(name for row in rows for name, value in row.items() if value)
    numbers = {
        n for n in names if all(isinstance(r.get(n), int | float | None) for r in block["rows"])
    }
    columns = [Column(name, label(name), name in numbers) for name in names]
    shown = [
        [(column, row.get(column.name) or _NOTHING) for column in columns] for row in rows[:share]
    ]
    return Table(
        block["title"], block["trust"], columns, shown, len(rows) if len(rows) > share else 0
    )


def _about(about: Mapping[str, Any]) -> str:
    return (
        f"View {about['name']}, for {about['purpose']}; generation {about['generation']}, "
        f"published {line(about['published_at'])} UTC. Fact: documents and master data. "
        "Evidence: behaviour and conclusions. This page holds personal data: keep it no longer "
        "than you need it."
    )
