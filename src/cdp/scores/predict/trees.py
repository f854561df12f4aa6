"""Gradient-boosted trees as plain arrays: trained by scikit-learn, kept and used without it.

Invariant: every child comes after its parent in its tree, every tree has at most 16 leaves, and
`margin` equals what scikit-learn's raw prediction gives.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cdp.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

Numbers = NDArray[np.float64]
Kind = Literal["logistic", "poisson"]
LEAVES: Final = 16
CHUNK: Final = 32_768
_TYPES: Final[dict[str, str]] = {
    "value": "<f8",
    "count": "<i8",
    "feature_idx": "<i4",
    "num_threshold": "<f8",
    "missing_go_to_left": "|b1",
    "left": "<i4",
    "right": "<i4",
    "is_leaf": "|b1",
    "offset": "<i4",
    "base": "<f8",
}


class ModelFileError(InputError):
    """A model file holds something other than trees."""


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Nodes of all trees, one after another.

    Attributes:
        value: what a leaf adds to the margin.
        count: training rows that came through the node.
        feature_idx: column that an inner node looks at.
        num_threshold: a row goes left when its value is at most this.
        missing_go_to_left: where a row without value (NaN) goes.
        left: left child, counted within its tree.
        right: right child.
        is_leaf: whether the node adds its value and ends.
        offset: first node of each tree, and the number of all nodes at the end.
        base: margin before the first tree, one number.
    """

    value: Numbers
    count: NDArray[np.int64]
    feature_idx: NDArray[np.int32]
    num_threshold: Numbers
    missing_go_to_left: NDArray[np.bool_]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    is_leaf: NDArray[np.bool_]
    offset: NDArray[np.int32]
    base: Numbers

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array under its name, as `numpy.savez` takes them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def margin(self, matrix: Numbers) -> Numbers:
        """Return the sum of all trees for each row (log odds, or log mean)."""
        result = np.empty(len(matrix))
        plans = [self._plan(tree) for tree in range(len(self.offset) - 1)]
        for start in range(0, len(matrix), CHUNK):
            part = np.asfortranarray(matrix[start : start + CHUNK])
            total = np.full(len(part), float(self.base[0]))
            for splits, values in plans:
                total += values[_reached(part, splits)]
            result[start : start + CHUNK] = total
        return result

    def _plan(self, tree: int) -> tuple[list[_Split], Numbers]:
        """Return the splits of a tree, and its value by the set of leaves not yet ruled out.

        Each split that sends a row right rules out the leaves on its left; the row ends in the
        first leaf that is left over (Lucchese et al. 2015, QuickScorer).
        """
        start, end = int(self.offset[tree]), int(self.offset[tree + 1])
        below: dict[int, int] = {}
        leaves: list[int] = []
        self._number(start, 0, below, leaves)
        splits = [
            _Split(
                int(self.feature_idx[node]),
                float(self.num_threshold[node]),
                bool(self.missing_go_to_left[node]),
                below[int(self.left[node])],
            )
            for node in range(start, end)
            if not self.is_leaf[node]
        ]
        sets = np.arange(1 << len(leaves))
        lowest = np.maximum(sets & -sets, 1)
        first = np.log2(lowest).astype(np.intp)
        return splits, self.value[start + np.array(leaves, dtype=np.intp)[first]]

    def _number(self, start: int, node: int, below: dict[int, int], leaves: list[int]) -> int:
        """Number the leaves below a node from the left; return their bits."""
        if self.is_leaf[start + node]:
            below[node] = 1 << len(leaves)
            leaves.append(node)
        else:
            below[node] = 0
            for child in (self.left[start + node], self.right[start + node]):
                below[node] |= self._number(start, int(child), below, leaves)
        return below[node]


@dataclass(frozen=True, slots=True)
class _Split:
    feature: int
    threshold: float
    missing_left: bool
    lost: int


def _reached(part: Numbers, splits: list[_Split]) -> NDArray[np.uint16]:
    left_over = np.full(len(part), (1 << (len(splits) + 1)) - 1, dtype=np.uint16)
    for split in splits:
        column = part[:, split.feature]
        is_right = column > split.threshold
        if not split.missing_left:
            is_right |= np.isnan(column)
        left_over &= ~(is_right.astype(np.uint16) * np.uint16(split.lost))
    return left_over


def trees_of(model: Any) -> Trees:  # noqa: ANN401 - scikit-learn has no types
    """Return the trees of a fitted HistGradientBoosting model of one output, no categories."""
    nodes: list[Any] = [stage[0].nodes for stage in model._predictors]  # noqa: SLF001 - pinned, and tested
    joined: Any = np.concatenate(nodes)
    sizes = np.array([0, *(len(n) for n in nodes)])
    base = np.asarray(model._baseline_prediction).ravel()  # noqa: SLF001
    found = {name: joined[name] for name in _TYPES if name not in {"offset", "base"}}
    return checked({**found, "offset": np.cumsum(sizes), "base": base})


def checked(arrays: dict[str, NDArray[Any]]) -> Trees:
    """Return the trees these arrays hold, once it is sure that walking them ends in leaves.

    Raises:
        ModelFileError: an array is missing, of another length, or names a node that cannot be.
    """
    missing = sorted(set(_TYPES) - set(arrays))
    if missing:
        msg = f"the model file lacks {', '.join(missing)}; train the model again"
        raise ModelFileError(msg)
    trees = Trees(**{name: np.asarray(arrays[name], dtype=kind) for name, kind in _TYPES.items()})
    if not (_fits(trees) and _is_walkable(trees)):
        msg = "the model file's arrays do not make trees; copy it anew or train the model again"
        raise ModelFileError(msg)
    return trees


def _fits(trees: Trees) -> bool:
    arrays = trees.arrays()
    offset = trees.offset
    size = len(trees.value)
    lengths = {len(a) for name, a in arrays.items() if name not in {"offset", "base"}}
    return (
        all(array.ndim == 1 for array in arrays.values())
        and lengths == {size}
        and len(trees.base) == 1
        and len(offset) >= 1
        and int(offset[0]) == 0
        and int(offset[-1]) == size
        and bool((np.diff(offset) > 0).all())
        and bool(np.isfinite(trees.value).all())
    )


def _is_walkable(trees: Trees) -> bool:
    sizes = np.diff(trees.offset)
    within = np.arange(len(trees.value)) - np.repeat(trees.offset[:-1], sizes)
    size = np.repeat(sizes, sizes)
    inner = ~trees.is_leaf
    ends = np.add.reduceat(trees.is_leaf, trees.offset[:-1]) if len(sizes) else np.empty(0)
    children = [(within < c) & (c < size) for c in (trees.left, trees.right)]
    return (
        bool((children[0] & children[1])[inner].all())
        and bool((trees.left != trees.right)[inner].all())
        and bool((trees.feature_idx[inner] >= 0).all())
        and bool((ends <= LEAVES).all())
        and bool((2 * ends - 1 == sizes).all())
    )


def save(trees: Trees, path: Path) -> None:
    """Write the trees to an npz file."""
    np.savez_compressed(path, allow_pickle=False, **trees.arrays())


def load(path: Path) -> Trees:
    """Return the trees of an npz file, without running any code in it.

    Raises:
        ModelFileError: the file does not hold trees.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        msg = f"{path}: is no model file; copy it anew or train the model again"
        raise ModelFileError(msg) from error
    return checked(arrays)
