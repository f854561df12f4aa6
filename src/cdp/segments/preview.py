"""What a definition would give on a published generation, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cdp.segments.compiler import compiled
from cdp.segments.control import slots
from cdp.segments.definition import SegmentFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cdp.segments.compiler import Compiled
    from cdp.store import Warehouse

CHOSEN: Final = "temp.segment_chosen"
"""The private table with the ids of those whom a definition gives."""
_SAMPLE: Final = (
    "select profile_id, full_name as name from gold.profile where list_contains($ids, profile_id) "
    "union all select account_id, name from gold.account where list_contains($ids, account_id) "
    "order by 1"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One condition of a definition, tried out.

    Attributes:
        pointer: where it stands in the definition (JSON Pointer).
        condition: the condition as JSON.
        members: how many satisfy it alone.
        cumulative: how many satisfy it and those before it; or, of alternatives, any so far.
    """

    pointer: str
    condition: Mapping[str, Any]
    members: int
    cumulative: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A definition, tried out.

    Attributes:
        members: how many satisfy it now.
        everybody: how many there are of its kind of member.
        entering: how many of these are not yet in the published segment.
        leaving: how many of the published segment do not satisfy it.
        control: how many would be held out.
        overlap: how many of them are in each other published segment.
        sample: up to so many members as wished, by id: (profile_id, name).
        parts: its conditions, where they were asked for.
    """

    members: int
    everybody: int
    entering: int
    leaving: int
    control: int
    overlap: Mapping[str, int]
    sample: tuple[tuple[str, str | None], ...]
    parts: tuple[Part, ...] = field(default=())


def choose(warehouse: Warehouse, segment: Compiled, as_of: datetime) -> int:
    """Find whom the definition gives; they are in `CHOSEN` afterwards. Return how many."""
    return warehouse.write(
        f"create or replace temp table segment_chosen as "  # noqa: S608 - compiled, values bound
        f"select profile_id from ({segment.sql})",
        segment.params(as_of) or None,
    )


def preview(
    warehouse: Warehouse,
    segment: Compiled,
    as_of: datetime,
    size: int = 10,
    definition: SegmentFile | None = None,
) -> Preview:
    """Return what the definition gives on these gold tables; its control group needs the file."""
    members = choose(warehouse, segment, as_of)
    entity = segment.entity
    counts = dict(
        warehouse.query(
            "select m.segment, count(*) from gold.segment_member as m "
            "where m.profile_id in (select profile_id from temp.segment_chosen) "
            "group by m.segment order by m.segment"
        ).rows()
    )
    stay = counts.pop(segment.name, 0)
    own = "select count(*) from gold.segment_member where segment = $segment"
    before = warehouse.query(own, segment=segment.name).item()
    return Preview(
        members=members,
        everybody=_everybody(warehouse, entity),
        entering=members - stay,
        leaving=before - stay,
        control=_held_out(warehouse, segment.name, definition),
        overlap=counts,
        sample=_sample(warehouse, size),
    )


def parts(
    warehouse: Warehouse,
    named: tuple[str, SegmentFile],
    known: tuple[Mapping[str, SegmentFile], frozenset[str]],
    as_of: datetime,
) -> tuple[Part, ...]:
    """Return the conditions of a definition, each alone and together with those before it.

    `known` are the other segments and the scores that it may name.
    """
    name, definition = named
    segments, scores = known
    found = []
    for pointer, condition, so_far in _conditions(definition):
        sizes = []
        for where in (condition, so_far):
            file = SegmentFile.model_validate({"of": definition.of, "where": where})
            one = compiled(name, {**segments, name: file}, scores)
            sql = f"select count(*) from ({one.sql})"  # noqa: S608 - compiled, values bound
            sizes.append(int(warehouse.query(sql, **one.params(as_of)).item()))
            if where == so_far:
                break
        found.append(Part(pointer, condition, sizes[0], sizes[-1]))
    return tuple(found)


def _conditions(definition: SegmentFile) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield each condition with its place, and with those before it."""
    if definition.where is None:
        return
    where = definition.where.model_dump(by_alias=True, exclude_unset=True)
    for together in ("all", "any"):
        several = where.get(together)
        if several is None:
            continue
        for number, one in enumerate(several):
            so_far = {together: several[: number + 1]} if number else one
            yield f"/where/{together}/{number}", one, so_far
        return
    yield "/where", where, where


def _everybody(warehouse: Warehouse, entity: str) -> int:
    return int(
        warehouse.query(
            "select (select count(*) from gold.profile where profile_type = $entity) "
            "+ (select count(*) from gold.account where account_type = $entity)",
            entity=entity,
        ).item()
    )


def _held_out(warehouse: Warehouse, name: str, definition: SegmentFile | None) -> int:
    if definition is None or definition.control is None:
        return 0
    control = definition.control
    return int(
        warehouse.query(
            "select count(*) from temp.segment_chosen "
            "where md5_number_lower(concat($salt, ':', profile_id)) % 10000 < $slots",
            salt=control.salt or name,
            slots=slots(control.share),
        ).item()
    )


def _sample(warehouse: Warehouse, size: int) -> tuple[tuple[str, str | None], ...]:
    """Return some of them: which follows from the ids, and not from when they came."""
    ids = warehouse.query(
        "select profile_id from temp.segment_chosen order by md5(profile_id), profile_id limit $n",
        n=size,
    )["profile_id"].to_list()
    return tuple(warehouse.query(_SAMPLE, ids=ids).rows())
