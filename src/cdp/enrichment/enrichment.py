"""What an enrichment is: a statement that concludes attributes from what is known.

Invariants: a conclusion never stands where a fact does; each has a confidence between 0 and 1,
which is a judgement of the method and not a measured frequency, and the method that made it.

A statement gives the columns of `gold.enrichment` for its attributes, each profile and attribute
once; where it has `as_of` among its parameters nothing later is read. It may read what the
enrichments in `needs` have concluded.
"""

from __future__ import annotations

from dataclasses import dataclass

from cdp.registry import Registry


@dataclass(frozen=True, slots=True)
class Enrichment:
    """One enrichment.

    Attributes:
        name: of its file, and of its statement in `sql/`.
        attributes: what it concludes.
        description: from what, and how sure that is.
        needs: enrichments whose conclusions it reads.
        package: where its statement lies.
    """

    name: str
    attributes: tuple[str, ...]
    description: str
    needs: tuple[str, ...] = ()
    package: str = "cdp.enrichment"


ENRICHMENTS: Registry[Enrichment] = Registry("enrichment", "cdp.enrichment.enrichments")


def in_order() -> list[Enrichment]:
    """Return every enrichment by name, each after those that it needs."""
    done: list[str] = []
    for name in ENRICHMENTS.names():
        _visit(name, done)
    return [ENRICHMENTS.get(name) for name in done]


def _visit(name: str, done: list[str]) -> None:
    if name not in done:
        for needed in ENRICHMENTS.get(name).needs:
            _visit(needed, done)
        done.append(name)
