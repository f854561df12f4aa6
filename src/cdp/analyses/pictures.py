"""What analyses found as pictures that kinds share; matplotlib is slow to import.

Invariant: a picture follows from the rows alone, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure

from cdp.drawing import COLOURS, GRID, INK, Bars, bar_chart, saved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_DARK: Final = 0.55


def shares(rows: Sequence[tuple[str, float, float]], names: tuple[str, str], title: str) -> bytes:
    """Return an SVG: for each row, by its label, two shares from 0 to 1 beside each other."""
    bars = [Bars(label, tuple((s, f"{s:.1%}") for s in both)) for label, *both in rows]
    return bar_chart(title, bars, names).encode()


def concentration(rows: Sequence[tuple[float, float]]) -> bytes:
    """Return an SVG: the share of revenue that the best so many customers brought."""

    def figure() -> Figure:
        drawn = Figure(figsize=(5.4, 4.6))
        axes = drawn.add_axes((0.13, 0.13, 0.82, 0.8))
        axes.plot((0, 1), (0, 1), color=INK, linewidth=0.8, linestyle="--", label="all alike")
        curve = [(0.0, 0.0), *rows]
        axes.plot(*zip(*curve, strict=True), color=COLOURS[0], label="revenue")
        axes.set_xlabel("share of customers, best first")
        axes.set_ylabel("share of revenue")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        _plain(axes)
        axes.legend(loc="lower right", frameon=False)
        return drawn

    return saved(figure, "svg", "Concentration of revenue")


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
