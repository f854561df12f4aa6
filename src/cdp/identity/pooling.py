"""What the records of two clusters say together: whether both are one, in natural log odds.

Evidence is pooled by field over the pairs of the two clusters, as a power mean of the likelihood
ratios of the pairs that know the field. Of what a person is (names, birth date, gender) a record
may be a bad copy, so a good one counts much: order 1/2. What a person uses (contacts, addresses,
identifiers, employers) others use too, so nearly every pair has its say: order 1/8.

Silence dilutes agreement and never contradiction: a ratio that speaks for an explanation counts
less, the fewer pairs know the field (square root of their share for what a person is, the share
itself for what a person uses); one that speaks against it counts whole. Sparse records neither
carry a chance agreement of a few to all, nor hide that father and son have two birth dates.
An identifier that is declared to weigh (`laws`) is not diluted: sharing it once is sharing it.
Where some records contradict each other by the number in their name, the name of one without a
number agrees with either and so speaks for neither.

Classes, sizes and term frequencies are those of the latent model, so that of a single pair the
pooled log odds are its log odds (`latent.judge`).

Invariants: the answer depends on the multiset of pairs alone; sums of evidence over disjoint sets
of pairs add up; log odds are rounded so that the order of additions decides no tie; two clusters
are never surer to be one than their surest pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity.comparisons import NUMBER, ORGANISATION
from cdp.identity.latent import IMPOSSIBLE, Tables, tables
from cdp.identity.laws import LAW

if TYPE_CHECKING:
    from cdp.identity.latent import Latent

BEING: Final = frozenset(
    {
        *("given", "family", "middle", "birth_date", "gender"),
        *(ORGANISATION.name, NUMBER.name),
    }
)
"""Comparisons of what somebody is; all others are of what somebody uses."""
ORDER: Final = {True: 0.5, False: 0.125}
"""Order of the power mean, of what somebody is and uses."""
DILUTION: Final = {True: 0.5, False: 1.0}
"""Power of the share of pairs that know a field, of what somebody is and uses."""
SMALLEST: Final = 1e-15
DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Pool:
    """A model as evidence that can be added up.

    Attributes:
        field: of each kind of evidence, the comparison it comes from.
        ratio: of each, the log likelihood ratio against strangers by level, bottom first.
        rarity: of each, how the frequency term of its comparison counts.
        order: of each, the order of its power mean.
        dilution: of each, the power of the share of pairs that know it.
        explains: which class reads which evidence (evidence by class).
        silent: log chance of a comparison that no pair knows (comparison by class).
        base: log size of every class: matches, strangers, then the innocents.
        named: of each, whether it is of an organisation's name.
        number: the comparison of the numbers in those names; None where there is none.
    """

    field: np.ndarray
    ratio: tuple[np.ndarray, ...]
    rarity: np.ndarray
    order: np.ndarray
    dilution: np.ndarray
    explains: np.ndarray
    silent: np.ndarray
    base: np.ndarray
    named: np.ndarray
    number: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sums over pairs: ratios by kind, raised to their order, and how many know a comparison."""

    ratios: np.ndarray
    known: np.ndarray


NOTHING: Final = Pool(
    np.zeros(0, np.int64),
    (),
    np.zeros(0),
    np.zeros(0),
    np.zeros(0),
    np.zeros((0, 2)),
    np.zeros((0, 2)),
    np.array([IMPOSSIBLE, 0.0]),
    np.zeros(0, bool),
    None,
)
"""Where there is nothing to compare, nobody is anybody."""


def pool(model: Latent) -> Pool:
    """Return the model as evidence; classes that read a comparison alike share its evidence."""
    lookup = tables(model)
    width = len(lookup.base)
    field: list[int] = []
    ratio: list[np.ndarray] = []
    rarity: list[float] = []
    explains: list[np.ndarray] = []
    for row, table in enumerate(lookup.by_comparison):
        kinds: dict[bytes, int] = {}
        for number, key, levels, term in _readings(lookup, row, table):
            if key not in kinds:
                kinds[key] = len(field)
                field.append(row)
                ratio.append(levels)
                rarity.append(term)
                explains.append(np.zeros(width))
            explains[kinds[key]][number] = 1.0
    silent = np.array([table[-1] for table in lookup.by_comparison]).reshape(-1, width)
    names = [model.comparisons[row].name for row in field]
    is_being = [name in BEING for name in names]
    compared = [comparison.name for comparison in model.comparisons]
    return Pool(
        np.array(field, np.int64),
        tuple(ratio),
        np.array(rarity),
        np.array([ORDER[being] for being in is_being]),
        np.array([0.0 if name == LAW else DILUTION[name in BEING] for name in names]),
        np.array(explains).reshape(-1, width),
        silent,
        lookup.base,
        np.array([name == ORGANISATION.name for name in names], bool),
        compared.index(NUMBER.name) if NUMBER.name in compared else None,
    )


def _readings(
    lookup: Tables, row: int, table: np.ndarray
) -> list[tuple[int, bytes, np.ndarray, float]]:
    """Return (class, key, log ratios by level, rarity) where a class differs from strangers."""
    found = []
    for number in range(table.shape[1]):
        levels = table[:-1, number] - table[:-1, 1]
        term = float(lookup.rarity[row, number]) - 1.0
        if levels.any() or term:
            found.append((number, levels.tobytes() + bytes([int(term != 0)]), levels, term))
    return found


def evidence(model: Pool, vectors: np.ndarray, terms: np.ndarray) -> Evidence:
    """Return the evidence of every single pair (pairs by kind, pairs by comparison)."""
    ratios = np.zeros((len(vectors), len(model.field)))
    for kind, row in enumerate(model.field):
        known = np.flatnonzero(vectors[:, row] >= 0)
        logs = model.ratio[kind][vectors[known, row]] + model.rarity[kind] * terms[known, row]
        ratios[known, kind] = np.exp(model.order[kind] * logs)
    return Evidence(ratios, (vectors >= 0).astype(float))


def log_odds(model: Pool, found: Evidence, pairs: np.ndarray) -> np.ndarray:
    """Return the log odds (nats) of evidence added up over so many `pairs`.

    Of two clusters, their surest pair is the upper bound of it.
    """
    known = found.known[..., model.field]
    logs = np.log(np.maximum(found.ratios / np.maximum(known, 1.0), SMALLEST)) / model.order
    if pairs.max(initial=1.0) > 1:
        share = known / np.maximum(pairs, 1.0)[..., None]
        logs = np.where(logs > 0, logs * share**model.dilution, logs)
    logs = np.where(known > 0, logs, 0.0)
    if model.number is not None:
        is_contradicted = found.known[..., model.number, None] > 0
        logs = np.where(is_contradicted & model.named, np.minimum(logs, 0.0), logs)
    classes = logs @ model.explains + (found.known == 0) @ model.silent + model.base
    others = classes[..., 1:]
    highest = others.max(-1)
    total = highest + np.log(np.exp(others - highest[..., None]).sum(-1))
    return np.asarray(np.round(classes[..., 0] - total, DECIMALS))


def pooled(model: Pool, vectors: np.ndarray, terms: np.ndarray) -> float:
    """Return the log odds (nats) that the two clusters are one whose pairs these all are."""
    single = evidence(model, vectors, terms)
    surest = log_odds(model, single, np.ones(len(vectors))).max()
    total = Evidence(single.ratios.sum(0, keepdims=True), single.known.sum(0, keepdims=True))
    together = log_odds(model, total, np.array([float(len(vectors))]))[0]
    return float(min(together, surest))
