"""What was said of customers against what came of them: tenths, ranges, importance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.scores.trained.parts import GROUP_OF, GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cdp.scores.predict.panel import Panel

    Numbers = NDArray[np.float64]

TENTHS: Final = 10
_LOW, _HIGH = 0.1, 0.9


def tenths(said: Numbers, came: Numbers) -> list[dict[str, float]]:
    """Return, by tenth of what was said: customers, mean said, mean that came, and its range.

    The range holds eight in ten of the tenth's customers.
    """
    order = np.argsort(said, kind="stable")
    return [
        {
            "customers": len(part),
            "said": float(said[part].mean()),
            "came": float(came[part].mean()),
            "low": float(np.quantile(came[part], _LOW)),
            "high": float(np.quantile(came[part], _HIGH)),
        }
        for part in np.array_split(order, TENTHS)
        if len(part)
    ]


def cuts(said: Numbers) -> list[float]:
    """Return the values that part the training population into tenths."""
    return [float(v) for v in np.quantile(said, np.arange(1, TENTHS) / TENTHS)]


def importance(rows: Panel, error: Callable[[Panel], float], seed: int) -> dict[str, float]:
    """Return by how much the error grows when the features of a group are shuffled among customers.

    Altmann et al., "Permutation importance" (2010); groups, because single features stand in for
    one another.
    """
    random = np.random.default_rng(seed)
    whole, found = error(rows), {}
    for group in GROUPS:
        mine = [n for n, name in enumerate(rows.names) if GROUP_OF.get(name, "rhythm") == group]
        shuffled = rows.matrix.copy()
        shuffled[:, mine] = shuffled[random.permutation(len(shuffled))][:, mine]
        moved = replace(rows, matrix=shuffled)
        found[group] = error(moved) - whole
    return found
