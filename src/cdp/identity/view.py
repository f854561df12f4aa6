"""One incoming record against a whole profile, as the batch's linkage would count it.

Invariant: with the profile's records joined and the incoming one apart, this is the score by which
`linkage.average_linkage` merges the two: the mean of the clipped log odds, a contradiction of
lifelong values being inherited by the pairs that do not know them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cdp.identity.linkage import Linkage


def evidence(
    log_odds: np.ndarray, lifelong: np.ndarray, contradiction: float, rule: Linkage
) -> float:
    """Return the log odds (nats) of the record belonging to the profile of these pairs.

    `lifelong` says per pair whether a lifelong value agrees (1), contradicts (-1) or is not known
    of both (0); `contradiction` is what a contradiction counts.
    """
    mean = float(np.clip(log_odds, rule.floor, rule.ceiling).mean())
    is_against = bool((lifelong < 0).any()) and not (lifelong > 0).any()
    return mean + contradiction * float((lifelong == 0).mean()) if is_against else mean
