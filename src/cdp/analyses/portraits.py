"""Profiles of clusters and trees of decisions as pictures; matplotlib is slow to import.

Invariant: a picture follows from the rows alone, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from matplotlib import colormaps
from matplotlib.figure import Figure

from cdp.drawing import INK, saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

_MOST: Final = 2.0
"""Standard deviations at which a colour is fullest."""
_DARK: Final = 1.3
_WIDE, _TALL = 2.5, 1.15
"""Inches for a leaf, and for a level, of a tree."""
_DARK_RATE: Final = 0.62


@dataclass(frozen=True, slots=True)
class Box:
    """A node of a tree: its words, its rate from 0 to 1, what leads to it, and the one above."""

    text: str
    rate: float | None
    condition: str | None
    parent: int | None


def profiles(
    clusters: Sequence[str],
    features: Sequence[str],
    cells: Sequence[Sequence[tuple[float | None, float]]],
) -> bytes:
    """Return an SVG: clusters by features, blue for more than all have and red for less.

    Args:
        clusters: labels of rows.
        features: labels of columns.
        cells: of each row, the mean and its standardised difference.
    """

    def figure() -> Figure:
        size = (3.4 + 1.25 * len(features), 0.6 + 0.55 * len(clusters))
        drawn = Figure(figsize=size)
        room = (3.2 / size[0], 0.1 / size[1], 1.25 * len(features) / size[0])
        axes = drawn.add_axes((*room, 0.55 * len(clusters) / size[1]))
        shades = [[apart for _, apart in row] for row in cells]
        axes.imshow(shades, cmap="RdBu", vmin=-_MOST, vmax=_MOST, aspect="auto")
        axes.set_xticks(range(len(features)), features)
        axes.set_yticks(range(len(clusters)), clusters, fontsize=8)
        axes.xaxis.tick_top()
        for row, told in enumerate(cells):
            for column, (mean, apart) in enumerate(told):
                text = "unknown" if mean is None else f"{mean:,.4g}\n{apart:+.1f} sd"
                colour = "white" if abs(apart) > _DARK else INK
                axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        return drawn

    return saved(figure, "svg", "Profiles of clusters")


def tree(boxes: Mapping[int, Box], title: str) -> bytes:
    """Return an SVG: a tree from its top, the darker a node the higher its rate.

    Args:
        boxes: nodes by number; each stands after the one above it.
        title: of the picture.
    """
    places = _places(boxes)

    def figure() -> Figure:
        leaves = max(across for across, _ in places.values()) + 1
        levels = max(down for _, down in places.values()) + 1
        drawn = Figure(figsize=(_WIDE * leaves, _TALL * levels))
        axes = drawn.add_axes((0, 0, 1, 1))
        for number, box in boxes.items():
            if box.parent is not None:
                _edge(axes, places[box.parent], places[number], box.condition or "")
        for number, box in boxes.items():
            shade = colormaps["Blues"](0.1 + 0.8 * (box.rate or 0.0))
            dark = (box.rate or 0.0) > _DARK_RATE
            across, down = places[number]
            axes.text(
                across,
                down,
                box.text,
                ha="center",
                va="center",
                fontsize=8,
                color="white" if dark else INK,
                bbox={"boxstyle": "round", "facecolor": shade, "edgecolor": INK, "linewidth": 0.6},
                zorder=3,
            )
        axes.set_xlim(-0.5, leaves - 0.5)
        axes.set_ylim(levels - 0.5, -0.5)
        axes.set_axis_off()
        return drawn

    return saved(figure, "svg", title)


def _edge(axes: Axes, above: tuple[float, int], below: tuple[float, int], words: str) -> None:
    axes.plot((above[0], below[0]), (above[1], below[1]), color=INK, linewidth=0.8, zorder=1)
    # nearer to the node it leads to: halfway, the words of two edges would meet
    share = 0.62
    x = above[0] + share * (below[0] - above[0])
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    text = words.replace(": ", ":\n")
    y = above[1] + share * (below[1] - above[1])
    axes.text(x, y, text, ha="center", va="center", fontsize=7, color=INK, bbox=paper, zorder=2)


def _places(boxes: Mapping[int, Box]) -> dict[int, tuple[float, int]]:
    """Return where each node stands: leaves beside each other, the others above their middle."""
    below: dict[int, list[int]] = {number: [] for number in boxes}
    depth: dict[int, int] = {}
    for number, box in boxes.items():
        depth[number] = 0 if box.parent is None else depth[box.parent] + 1
        if box.parent is not None:
            below[box.parent].append(number)
    order: list[int] = []
    waiting = [number for number, box in boxes.items() if box.parent is None]
    while waiting:
        number = waiting.pop()
        order.append(number)
        waiting += reversed(below[number])
    leaves = [number for number in order if not below[number]]
    across: dict[int, float] = {number: float(place) for place, number in enumerate(leaves)}
    for number in reversed(order):
        if below[number]:
            across[number] = sum(across[one] for one in below[number]) / len(below[number])
    return {number: (across[number], depth[number]) for number in boxes}
