"""What must hold of a workspace after a run; each check stops the benchmark when it does not.

Invariant: a check only reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cdp.errors import GoneError
from cdp.publish.reference import Reference
from cdp.publish.served import Published, RetiredError
from cdp.store.peek import peek

if TYPE_CHECKING:
    from pathlib import Path

_COUNTS = """
select
    r.source,
    l.rows_in,
    l.rows_rejected,
    r.versions,
    r.accepted,
    r.superseded,
    r.quarantined,
    r.fields_left_out
from silver.reconciliation as r
left join (
    select
        source,
        sum(rows_in)::bigint as rows_in,
        sum(rows_rejected)::bigint as rows_rejected
    from bronze.load
    group by source
) as l on l.source = r.source
order by r.source
"""
_ORDERS = """
select
    o.order_id,
    o.record_id,
    o.profile_id,
    o.duplicate_of,
    o.amount::double as amount,
    a.profile_id as owner
from gold."order" as o
left join identity.assignment as a on a.record_id = o.record_id and a.live
"""


_LONGEST = 200


class CheckError(Exception):
    """Something that must hold does not."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a workspace holds after a run.

    Attributes:
        counts: one row a source, from arrival to silver.
        assignment: `record_id, profile_id` of the live records.
        ids: `profile_id, entity_type` of every id that was ever issued.
        orders: gold.order with the profile that owns its contact, `owner`.
        manifest: the bytes of the manifest.
    """

    counts: pl.DataFrame
    assignment: pl.DataFrame
    ids: pl.DataFrame
    orders: pl.DataFrame
    manifest: bytes


def held(home: Path) -> Held:
    """Return what the workspace with this `.cdp` folder holds."""
    with peek(home) as warehouse:
        return Held(
            counts=warehouse.query(_COUNTS),
            assignment=warehouse.query(
                "select record_id, profile_id from identity.assignment where live order by all"
            ),
            ids=warehouse.query("select profile_id, entity_type from identity.profile"),
            orders=warehouse.query(_ORDERS),
            manifest=(home / "manifest.json").read_bytes(),
        )


def reconciled(now: Held, rows: dict[str, int]) -> None:
    """Hold that each row delivered was accepted, superseded, quarantined or rejected, by source.

    Raises:
        CheckError: the counts differ.
    """
    seen = {row["source"]: row for row in now.counts.iter_rows(named=True)}
    _equal("sources", set(seen), set(rows))
    for source, delivered in rows.items():
        row = seen[source]
        settled = row["accepted"] + row["superseded"] + row["quarantined"]
        _equal(f"rows of {source} that came in", row["rows_in"], delivered)
        _equal(f"rows of {source} with an outcome", settled, delivered)


def ordered_once(now: Held, delivered: pl.DataFrame) -> None:
    """Hold that each order is in gold.order once, with its amount and its customer's profile.

    Raises:
        CheckError: one is missing, doubled, changed or elsewhere.
    """
    want = delivered.select(
        order_id="shop:" + pl.col("order_id"),
        record_id="crm:" + pl.col("contact"),
        amount=pl.col("amount").round(2),
    )
    found = now.orders.select("order_id", "record_id", pl.col("amount").round(2))
    _equal("orders", found.sort("order_id").rows(), want.sort("order_id").rows())
    strayed = now.orders.filter(
        pl.col("profile_id").is_null() | (pl.col("profile_id") != pl.col("owner"))
    )
    _equal("orders with another profile than their customer's", strayed.height, 0)
    copies = now.orders.filter(pl.col("duplicate_of").is_not_null())
    _equal("orders taken for copies of one another", copies.height, 0)


def unchanged(before: Held, now: Held) -> None:
    """Hold that a run changed neither who is who nor what is served.

    Raises:
        CheckError: it did.
    """
    _equal("manifest", now.manifest, before.manifest)
    _equal("assignment", now.assignment.rows(), before.assignment.rows())
    _equal("ids", sorted(now.ids.rows()), sorted(before.ids.rows()))


def undisturbed(before: Held, now: Held, gone: str) -> int:
    """Hold that every profile without a record of `gone` kept its id and members; count them.

    Raises:
        CheckError: one of them changed.
    """
    old, new = members(before.assignment), members(now.assignment)
    away = f"{gone}:"
    apart = {id_: rs for id_, rs in old.items() if not any(r.startswith(away) for r in rs)}
    moved = {
        id_: (sorted(rs), sorted(new.get(id_, ())))
        for id_, rs in apart.items()
        if new.get(id_) != rs
    }
    if moved:
        id_, (was, is_) = min(moved.items())
        msg = f"{len(moved)} profiles without a record of {gone} changed; {id_}: {was} now {is_}"
        raise CheckError(msg)
    return len(apart)


def members(assignment: pl.DataFrame) -> dict[str, frozenset[str]]:
    """Return the records of each profile."""
    grouped = assignment.group_by("profile_id").agg("record_id")
    return {id_: frozenset(records) for id_, records in grouped.iter_rows()}


def resolvable(home: Path, ever: pl.DataFrame) -> dict[str, int]:
    """Hold that every id of `ever` is served, leads to one that is, or is gone (410); count each.

    Raises:
        NotFoundError: one of them is unknown.
        CheckError: one leads to an id that is not served.
    """
    generation = Published(home).current()
    counts = {"served": 0, "redirected": 0, "gone": 0}
    for id_, entity_type in ever.sort("profile_id").iter_rows():
        entity = "account" if entity_type == "organisation" else "profile"
        try:
            generation.find(entity, Reference("", id_))
            counts["served"] += 1
        except RetiredError as retired:
            _equal(
                f"target of {id_}",
                generation.find(entity, Reference("", retired.survivor)),
                retired.survivor,
            )
            counts["redirected"] += 1
        except GoneError:
            counts["gone"] += 1
    return counts


def _equal(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        msg = f"{what}: found {_short(found)}, wanted {_short(wanted)}"
        raise CheckError(msg)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
