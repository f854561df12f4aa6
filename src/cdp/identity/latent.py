"""The decision: one match class against several innocent ones, learned without labels.

Each class k of pairs has an intensity (its expected number of pairs times the probability of the
comparison vector in it): matches M, independent strangers R pinned to the number of all pairs,
and dependent innocents S (household, namesake, ...). The log odds ln M - ln(R + sum S) need
neither a hand-set prior nor a tuned threshold. Source: the zero-configuration recipe, steps 4-7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity.classes import AREA, address_levels, is_shared

if TYPE_CHECKING:
    from cdp.identity.comparisons import Comparison

IMPOSSIBLE: Final = -27.0
TINY: Final = 1e-12
HOPELESS: Final = -5.0
CHUNK: Final = 200_000
FATHER_AND_SON_BY_PHONE: Final = ("given", "family", "phone")
"""Weighed only where both birth dates are known: nothing else tells them from one person."""
SAME_GENDER: Final = (0.03, 0.97)


@dataclass(frozen=True, slots=True)
class Latent:
    """A trained model; every distribution lists the bottom level first.

    Attributes:
        comparisons: what the columns of a vector are.
        m: level probabilities among matches, one array a comparison.
        u: the same among random pairs that are no matches.
        a: the same among pairs that agree for an innocent reason.
        classes: evidence of each innocent class.
        sizes: expected number of pairs: matches first, then each innocent class.
        all_pairs: number of pairs of all records, the size of the class of strangers.
    """

    comparisons: tuple[Comparison, ...]
    m: tuple[np.ndarray, ...]
    u: tuple[np.ndarray, ...]
    a: tuple[np.ndarray, ...]
    classes: tuple[tuple[str, ...], ...]
    sizes: np.ndarray
    all_pairs: float


@dataclass(frozen=True, slots=True)
class Tables:
    """Log intensities as lookup tables: one (levels + null) by classes table a comparison.

    `rarity` says by which comparisons' term frequencies a class is weighed (comparison by class);
    the classes are matches, strangers, then the innocents.
    """

    by_comparison: tuple[np.ndarray, ...]
    rarity: np.ndarray
    base: np.ndarray


def tables(model: Latent) -> Tables:
    """Return the lookup tables of the model."""
    width = 2 + len(model.classes)
    by_comparison = []
    rarity = np.ones((len(model.comparisons), width), np.float32)
    rarity[:, 0] = 0.0
    for row, comparison in enumerate(model.comparisons):
        chance = np.append(np.log(model.u[row]), 0.0)
        table = np.repeat(chance[:, None], width, axis=1)
        table[:, 0] = np.append(np.log(model.m[row]), 0.0)
        for number, evidence in enumerate(model.classes):
            special = _agreeing(model, row, evidence)
            if special is not None:
                table[:, 2 + number] = special
                is_weighed = comparison.name in evidence or AREA in evidence
                rarity[row, 2 + number] = float(is_weighed and not is_shared(evidence))
        by_comparison.append(table)
    base = np.log(np.concatenate([model.sizes[:1], [model.all_pairs], model.sizes[1:]]))
    return Tables(tuple(by_comparison), rarity, base)


def _agreeing(model: Latent, row: int, evidence: tuple[str, ...]) -> np.ndarray | None:
    """Return the log probabilities (then null) of a comparison this class explains, else None."""
    comparison = model.comparisons[row]
    if comparison.name == "address" and ("address" in evidence or AREA in evidence):
        near, far = address_levels(comparison)
        allowed, source = (near, model.a[row]) if "address" in evidence else (far, model.u[row])
        chances = np.zeros(comparison.size)
        chances[allowed] = source[allowed]
        return _logs(chances / chances.sum())
    if comparison.name == "birth_date" and evidence == FATHER_AND_SON_BY_PHONE:
        return np.append(np.log(model.u[row]), IMPOSSIBLE)
    if comparison.name in evidence:
        return _logs(model.a[row])
    if comparison.name == "gender" and "given" in evidence:
        return np.append(np.log(SAME_GENDER), 0.0)
    return None


def _logs(chances: np.ndarray) -> np.ndarray:
    return np.append(np.log(np.maximum(chances, TINY)), IMPOSSIBLE)


def log_intensities(lookup: Tables, vectors: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Return the log intensity of every pair in every class (pairs by classes)."""
    result = np.repeat(lookup.base[None, :], len(vectors), axis=0)
    for column, table in enumerate(lookup.by_comparison):
        result += table[vectors[:, column]]
    result += terms @ lookup.rarity
    return result


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the model says of each pair.

    Attributes:
        log_odds: natural log odds of a match against every innocent explanation.
        against_strangers: the same against strangers alone, never smaller.
        innocent: number of the strongest innocent explanation: 0 strangers, k class k - 1.
        share: its share among the innocent explanations.
    """

    log_odds: np.ndarray
    against_strangers: np.ndarray
    innocent: np.ndarray
    share: np.ndarray


def judge(model: Latent, vectors: np.ndarray, terms: np.ndarray) -> Verdicts:
    """Return the verdict on every pair.

    Pairs that strangers explain beyond doubt (log odds below -5) skip the other classes: the odds
    against strangers are an upper bound, so the decision is the same.
    """
    lookup = tables(model)
    parts = [
        judge_by(lookup, vectors[start : start + CHUNK], terms[start : start + CHUNK])
        for start in range(0, max(len(vectors), 1), CHUNK)
    ]
    return Verdicts(
        log_odds=np.concatenate([part.log_odds for part in parts]),
        against_strangers=np.concatenate([part.against_strangers for part in parts]),
        innocent=np.concatenate([part.innocent for part in parts]),
        share=np.concatenate([part.share for part in parts]),
    )


def judge_by(lookup: Tables, vectors: np.ndarray, terms: np.ndarray) -> Verdicts:
    """Return the verdict on a few pairs by tables made before: `judge` without its preparation."""
    two = Tables(
        tuple(table[:, :2] for table in lookup.by_comparison), lookup.rarity[:, :2], lookup.base[:2]
    )
    simple = log_intensities(two, vectors, terms)
    bound = simple[:, 0] - simple[:, 1]
    odds = bound.copy()
    innocent, share = np.zeros(len(bound), np.int64), np.ones(len(bound))
    open_rows = np.flatnonzero(bound > HOPELESS)
    if len(open_rows):
        logs = log_intensities(lookup, vectors[open_rows], terms[open_rows])
        others = logs[:, 1:]
        strongest = others.argmax(1)
        highest = others.max(1)
        total = highest + np.log(np.exp(others - highest[:, None]).sum(1))
        odds[open_rows] = logs[:, 0] - total
        innocent[open_rows] = strongest
        share[open_rows] = np.exp(highest - total)
    return Verdicts(odds, bound, innocent, share)


def weights(model: Latent, vectors: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Return the natural log weight of every comparison against strangers (pairs by comparisons).

    With `prior_weight` and the innocent term of the verdict they add up to the log odds.
    """
    result = -terms.astype(np.float64)
    for column, (m, u) in enumerate(zip(model.m, model.u, strict=True)):
        result[:, column] += np.append(np.log(m / u), 0.0)[vectors[:, column]]
    return result


def prior_weight(model: Latent) -> float:
    """Return the natural log odds that two random records match."""
    return float(np.log(model.sizes[0] / model.all_pairs))
