"""A small decision tree for a yes or no: learned, pruned, and applied as plain arrays.

Invariants: the same rows in the same order give the same tree; a value that equals a threshold goes
left. Breiman, Friedman, Olshen and Stone, "Classification and regression trees" (1984), describe
cost-complexity pruning and the rule of one standard error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Numbers = NDArray[np.float64]

FOLDS: Final = 5
_SEED: Final = 13
_MOST_ALPHAS: Final = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A node: the fact and threshold that part it (None: a leaf), and where it hangs.

    Attributes:
        parent: number of the node above; None at the top.
        is_left: whether it holds those up to the threshold of its parent.
        fact: column that parts it.
        threshold: up to it goes left.
        rate: share of yes among those it was learned from.
    """

    parent: int | None
    is_left: bool
    fact: int | None
    threshold: float
    rate: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """Above `low`, up to `high`; None: no bound."""

    low: float | None
    high: float | None


def learn(rows: Numbers, yes: Numbers, *, depth: int, smallest: int) -> list[Node]:
    """Return a tree, its top first and each node after the one above it.

    It is pruned to the smallest whose squared error in cross-validation lies within one standard
    error of the best.

    Args:
        rows: facts, none missing.
        yes: 0 or 1 for each row.
        depth: most conditions on the way to a leaf.
        smallest: fewest rows of a leaf.
    """
    grown = {"max_depth": depth, "min_samples_leaf": smallest, "random_state": _SEED}
    alphas = _alphas(rows, yes, grown)
    errors = np.stack([_errors(rows, yes, grown | {"ccp_alpha": alpha}) for alpha in alphas])
    means = errors.mean(axis=1)
    at = int(means.argmin())
    limit = means[at] + errors[at].std(ddof=1) / np.sqrt(len(yes))
    chosen = max(alpha for alpha, mean in zip(alphas, means, strict=True) if mean <= limit)
    return _nodes(_fitted(rows, yes, grown | {"ccp_alpha": chosen}))


def reached(nodes: Sequence[Node], rows: Numbers) -> list[NDArray[np.bool_]]:
    """Return, for each node, which rows come to it."""
    found: list[NDArray[np.bool_]] = []
    for node in nodes:
        if node.parent is None:
            found.append(np.ones(len(rows), dtype=np.bool_))
            continue
        above = nodes[node.parent]
        up_to = rows[:, above.fact or 0] <= above.threshold
        found.append(found[node.parent] & (up_to == node.is_left))
    return found


def said(nodes: Sequence[Node], rows: Numbers) -> Numbers:
    """Return the rate of the leaf that each row comes to."""
    rates = np.zeros(len(rows))
    for node, here in zip(nodes, reached(nodes, rows), strict=True):
        if node.fact is None:
            rates[here] = node.rate
    return rates


def bounds(nodes: Sequence[Node], number: int) -> dict[int, Bounds]:
    """Return what holds of each fact on the way to a node, nearest the top first."""
    way: list[Node] = []
    node = nodes[number]
    while node.parent is not None:
        way.append(node)
        node = nodes[node.parent]
    found: dict[int, Bounds] = {}
    for step in reversed(way):
        above = nodes[step.parent or 0]
        fact, given = above.fact or 0, found.get(above.fact or 0, Bounds(None, None))
        if step.is_left:
            found[fact] = Bounds(given.low, above.threshold)
        else:
            found[fact] = Bounds(above.threshold, given.high)
    return found


def _alphas(rows: Numbers, yes: Numbers, grown: dict[str, Any]) -> list[float]:
    """Return what a leaf may cost: between the costs at which one more subtree falls."""
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415 - slow to import

    path = DecisionTreeClassifier(**grown).cost_complexity_pruning_path(rows, yes)
    costs = np.unique(np.maximum(path.ccp_alphas, 0.0))
    between = np.sqrt(costs[:-1] * costs[1:])
    # above the last nothing is left but the top
    found = np.unique(np.append(between, costs[-1] * 1.01))
    if len(found) > _MOST_ALPHAS:
        found = found[np.linspace(0, len(found) - 1, _MOST_ALPHAS).astype(np.intp)]
    return [float(alpha) for alpha in found]


def _errors(rows: Numbers, yes: Numbers, grown: dict[str, Any]) -> Numbers:
    """Return the squared error of each row by a tree that was learned without its fold."""
    order = np.random.default_rng(_SEED).permutation(len(yes))
    errors = np.zeros(len(yes))
    for fold in range(FOLDS):
        out = order[fold::FOLDS]
        rest = np.setdiff1d(order, out)
        nodes = _nodes(_fitted(rows[rest], yes[rest], grown))
        errors[out] = (said(nodes, rows[out]) - yes[out]) ** 2
    return errors


def _fitted(rows: Numbers, yes: Numbers, grown: dict[str, Any]) -> Any:  # noqa: ANN401 - scikit-learn has no types
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415 - slow to import

    return DecisionTreeClassifier(**grown).fit(rows, yes).tree_


def _nodes(tree: Any) -> list[Node]:  # noqa: ANN401 - scikit-learn has no types
    above: dict[int, tuple[int, bool]] = {}
    nodes = []
    for number in range(tree.node_count):
        left, right = int(tree.children_left[number]), int(tree.children_right[number])
        is_leaf = left < 0
        if not is_leaf:
            above |= {left: (number, True), right: (number, False)}
        parent, is_left = above.get(number, (None, False))
        counts = tree.value[number, 0]
        # of one class alone there is one column; who learns from that has no tree
        rate = float(counts[-1] / counts.sum())
        fact = None if is_leaf else int(tree.feature[number])
        nodes.append(Node(parent, is_left, fact, float(tree.threshold[number]), rate))
    return nodes
