"""Pools that invented customers are drawn from: names, streets, towns, firms, each with weights.

Invariant: a pool depends on its seed only; its weights fall like those of real names (Zipf).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from nicknames import NickNamer

SEED: Final = 20_261
HEADS, MIDDLES, JOINTS, TAILS, DOMAINS = (
    tuple(line.split())
    for line in """
    b br c ch d dr f g gr h j k kl l m n p r s sch st t tr v w z
    a e i o u au ei ie ou
    b ck d ff g l ll m n nd r rr s ss t v x z
    a en er ert in is man mann o on s son ton y
    gmail.com outlook.com hotmail.com yahoo.com icloud.com gmx.net web.de aol.com proton.me
    """.strip().splitlines()
)
GIVEN_MADE: Final = 1_200
FAMILIES: Final = 40_000
STREETS: Final = 9_000
CITIES: Final = 900
FIRMS: Final = 30_000
STREET_KINDS: Final = ("Street", "Road", "Avenue", "Lane", "Drive", "Close", "Court")


@dataclass(frozen=True, slots=True)
class Pool:
    """Distinct values and the chance of each."""

    values: pl.Series
    chances: np.ndarray

    def draw(self, rng: np.random.Generator, count: int) -> pl.Series:
        """Return `count` independent draws."""
        bounds = np.cumsum(self.chances)
        return self.values.gather(np.searchsorted(bounds, rng.random(count) * bounds[-1]))


@dataclass(frozen=True, slots=True)
class Pools:
    """All pools, and per given name one familiar form (null where there is none)."""

    given: Pool
    family: Pool
    street: Pool
    city: Pool
    domain: Pool
    firm: Pool
    familiar: pl.DataFrame


def pools() -> Pools:
    """Return the pools; always the same ones."""
    rng = np.random.default_rng(SEED)
    namer = NickNamer()
    real = sorted(name for name in NickNamer.default_lookup() if name.isalpha())
    real = [str(name) for name in rng.permutation(real)]
    given = list(dict.fromkeys([*real, *_words(rng, GIVEN_MADE, 2)]))
    known = pl.Series("given", given)
    familiar = [min(namer.nicknames_of(name), default=None) for name in given]
    family = _words(rng, FAMILIES, 3)
    streets = [
        f"{stem.title()} {STREET_KINDS[i % len(STREET_KINDS)]}"
        for i, stem in enumerate(_words(rng, STREETS, 2))
    ]
    firms = [f"{stem.title()} Ltd" for stem in _words(rng, FIRMS, 3)]
    return Pools(
        given=_zipf(given, 10),
        family=_zipf(family, 20),
        street=_zipf(streets, 200),
        city=_zipf([stem.title() for stem in _words(rng, CITIES, 2)], 5),
        domain=_zipf(list(DOMAINS), 1),
        firm=_zipf(firms, 500),
        familiar=pl.DataFrame({"given": known, "familiar": pl.Series(familiar, dtype=pl.String)}),
    )


def _words(rng: np.random.Generator, count: int, syllables: int) -> list[str]:
    """Return distinct pronounceable words."""
    found: dict[str, None] = {}
    while len(found) < count:
        size = 2 * count
        text = pl.Series(np.asarray(HEADS)[rng.integers(len(HEADS), size=size)])
        for turn in range(syllables - 1):
            joint = np.asarray(JOINTS)[rng.integers(len(JOINTS), size=size)]
            vowel = np.asarray(MIDDLES)[rng.integers(len(MIDDLES), size=size)]
            is_short = (rng.random(size) < 0.5) & (turn > 0)  # noqa: PLR2004
            text = text + pl.Series(np.where(is_short, "", np.char.add(vowel, joint)))
        text = text + pl.Series(np.asarray(TAILS)[rng.integers(len(TAILS), size=size)])
        found.update(dict.fromkeys(text.unique(maintain_order=True).to_list()))
    return list(found)[:count]


def _zipf(values: list[str], offset: int) -> Pool:
    weights = 1.0 / (np.arange(len(values)) + offset)
    return Pool(pl.Series(values), weights / weights.sum())
