"""A profile or account as a scenario sees it: fields, parts, blocks, each with its trust tier.

Invariant: what a view shows comes from one generation, and from nothing that its YAML leaves out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.scenarios.scenario import slice_of
from cdp.scenarios.trust import entry_tier, row_tier, tiers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdp.publish.blocks import Block
    from cdp.publish.served import Generation
    from cdp.scenarios.scenario import Scenario, View

    Naming = Callable[[str], dict[str, Any] | None]

INCLUDED_EVENTS: Final = 100
MOST_POSSIBLE: Final = 5
_SCANNED_EVENTS: Final = 5000
_PARTY_COLUMNS: Final = {
    "other_id": "other",
    "profile_id": "profile",
    "account_id": "account",
    "parent_account_id": "parent_account",
    "top_account_id": "top_account",
}
_NAMED: Final = {c: _PARTY_COLUMNS[c] for c in ("account_id", "parent_account_id")}
"""Fields of a profile or account that point to another one, whose name is shown beside them."""

_NOT_PUBLISHED: Final = "it is declared, but not in the published generation; the next run packs it"


def view_of(
    generation: Generation, entity: str, id_: str, view: View, now: datetime
) -> dict[str, Any]:
    """Return a profile or account as a scenario sees it.

    Raises:
        OutOfRegionError: the scenario may not show profiles of its region.
    """
    whole = document_of(generation, entity, id_)
    view.refuse_other_regions(whole)
    scenario = view.scenario
    names = [n for n in scenario.include if n != "possible" or scenario.cut == "strict"]
    parts: dict[str, Any] = {name: part(generation, id_, name, scenario) for name in names}
    shown = slice_of(scenario, whole, parts)
    for entry in shown.get("timeline") or ():
        entry["trust"] = entry_tier(entry)
    trust = tiers(shown | _kind_of(whole), _rows(generation, "origins", id_))
    name_of = _naming(generation)
    blocks = {
        name: _block(generation, id_, name, (block, name_of)) for name, block in view.blocks.items()
    }
    more: dict[str, Any] = {
        called: name_of(shown[c])
        for c, called in _NAMED.items()
        if shown.get(c, id_) not in {None, id_}
    }
    more |= {"blocks": blocks} if blocks else {}
    if scenario.cut == "lenient":
        more["possible"] = _possible(generation, id_, view, name_of)
        trust["possible"] = "evidence"
    if "live" in whole:
        more["live"] = whole["live"]
        trust["live"] = "evidence"
    kept = {field: tier for field, tier in trust.items() if field in shown or field in more}
    return shown | more | {"view": _about(generation, view, now) | {"trust": kept}}


def document_of(generation: Generation, entity: str, id_: str) -> dict[str, Any]:
    """Return the document of a profile or account, empty where it has none."""
    found: dict[str, Any] = msgspec.json.decode(generation.document(entity, id_) or b"{}")
    return found


def part(generation: Generation, id_: str, name: str, scenario: Scenario | None) -> Any:  # noqa: ANN401 - JSON
    """Return a sub-document; of a timeline, the newest entries of the kinds that are wanted."""
    if name != "timeline":
        stored = generation.document(name, id_)
        return msgspec.json.decode(stored) if stored else ([] if name != "explain" else None)
    events = (
        msgspec.json.decode(value)
        for _, value in islice(generation.events(id_, None), _SCANNED_EVENTS)
    )
    kinds = scenario.events if scenario else ()
    return list(islice((e for e in events if not kinds or e["kind"] in kinds), INCLUDED_EVENTS))


def _block(
    generation: Generation, id_: str, name: str, shown: tuple[Block, Naming]
) -> dict[str, Any]:
    block, name_of = shown
    stored = generation.block(name, id_)
    about: dict[str, Any] = {"title": block.title, "trust": block.tier, "limit": block.limit}
    if stored is None:
        return about | {"rows": [], "gap": {"status": "not_published", "reason": _NOT_PUBLISHED}}
    rows = msgspec.json.decode(stored, type=list[dict[str, Any]])
    return about | {"rows": [_with_parties(row, block, name_of) for row in rows]}


def _with_parties(row: dict[str, Any], block: Block, name_of: Naming) -> dict[str, Any]:
    """Return the row with the tier that is its own, and the names of the parties it points to."""
    if "trust_tier" in row:
        row["trust"] = row_tier(row, block.tier)
    for column, called in _PARTY_COLUMNS.items():
        if row.get(column):
            row[called] = name_of(row[column])
    return row


def _naming(generation: Generation) -> Naming:
    """Return what finds id, name and address of a party, each once in a view."""
    known: dict[str, dict[str, Any] | None] = {}

    def name_of(id_: str) -> dict[str, Any] | None:
        if id_ not in known:
            entity = "account" if id_.startswith("A-") else "profile"
            found = document_of(generation, entity, id_)
            name = found.get("full_name") or found.get("name")
            about = {"id": id_, "type": found.get("account_type") or found.get("profile_type")}
            whole = about | {"name": name, "address": found.get("address")}
            known[id_] = whole if found else None
        return known[id_]

    return name_of


def _possible(
    generation: Generation, id_: str, view: View, name_of: Naming
) -> list[dict[str, Any]]:
    """Return who is perhaps the same, likeliest first, each with blocks of its own."""
    chances: dict[str, float] = {}
    for pair in _rows(generation, "apart", id_):
        chances[pair["other_id"]] = max(chances.get(pair["other_id"], 0.0), pair["probability"])
    others = [row["other_id"] for row in _rows(generation, "possible", id_)]
    others.sort(key=lambda other: (-chances.get(other, 0.0), other))
    return [
        {
            "other_id": other,
            "certainty": "possible",
            "probability": round(chances[other], 4) if other in chances else None,
            "name": (name_of(other) or {}).get("name"),
            "blocks": {
                name: _block(generation, other, name, (block, name_of))
                for name, block in view.blocks.items()
            },
        }
        for other in others[:MOST_POSSIBLE]
    ]


def _about(generation: Generation, view: View, now: datetime) -> dict[str, Any]:
    """Return what the view says of itself; nothing that moves with the clock but staleness."""
    published = datetime.fromisoformat(generation.manifest.published_at)
    until = published + view.max_age if view.max_age is not None else None
    return {
        "name": view.name,
        "purpose": view.purpose,
        "cut": view.scenario.cut,
        "generation": generation.number,
        "published_at": _text(published),
        "fresh_until": _text(until) if until is not None else None,
        "stale": until is not None and now > until,
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _kind_of(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"profile_type": document.get("profile_type")}


def _rows(generation: Generation, name: str, id_: str) -> list[dict[str, Any]]:
    stored = generation.document(name, id_)
    return msgspec.json.decode(stored, type=list[dict[str, Any]]) if stored else []
