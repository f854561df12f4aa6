"""What analyses found as pictures that kinds share; matplotlib is slow to import.

Invariant: a picture follows from the rows alone, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cdp.drawing import COLOURS, GRID, INK, Bars, bar_chart, saved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_DARK: Final = 0.55


def shares(rows: Sequence[tuple[str, float, float]], names: tuple[str, str], title: str) -> bytes:
    """Return an SVG: for each row, by its label, two shares from 0 to 1 beside each other."""
    bars = [Bars(label, tuple((s, f"{s:.1%}") for s in both)) for label, *both in rows]
    return bar_chart(title, bars, names).encode()


def times(rows: Sequence[tuple[str, float, float]], names: tuple[str, str], title: str) -> bytes:
    """Return an SVG: for each row, by its label, two multiples beside each other."""
    bars = [Bars(label, tuple((x, f"{x:.2g}") for x in both)) for label, *both in rows]
    return bar_chart(title, bars, names).encode()


def differences(rows: Sequence[tuple[str, float, float, float]], unit: str, title: str) -> bytes:
    """Return an SVG: for each row, by its label, a difference between the ends of its interval."""

    def figure() -> Figure:
        tall = 1.1 + 0.34 * len(rows)
        drawn = Figure(figsize=(8.2, tall))
        axes = drawn.add_axes((0.34, 0.55 / tall, 0.62, 1 - 0.75 / tall))
        for place, (_, value, low, high) in enumerate(rows):
            axes.plot((low, high), (place, place), color=COLOURS[0], linewidth=2)
            axes.plot((value,), (place,), color=COLOURS[0], marker="o", markersize=6)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(rows)), [label for label, *_ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(unit)
        _plain(axes)
        return drawn

    return saved(figure, "svg", title)


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


def grid(
    title: str,
    labels: tuple[Sequence[str], Sequence[str]],
    values: Sequence[Sequence[float | None]],
    words: Sequence[Sequence[str]],
) -> bytes:
    """Return an SVG: a table of cells, the darker the greater, each with its words.

    Args:
        title: of the picture.
        labels: of rows and of columns.
        values: of each row's cells; None leaves one empty.
        words: what stands in them.
    """
    most = max((v for row in values for v in row if v is not None), default=0) or 1
    wide = max((len(line) for row in words for cell in row for line in cell.split("\n")), default=1)

    def figure() -> Figure:
        rows, columns = labels
        across = max(0.45, 0.12 + 0.062 * wide) * len(columns)
        down = (0.5 if any("\n" in cell for row in words for cell in row) else 0.26) * len(rows)
        size = (across + 1.7, down + 0.6)
        drawn = Figure(figsize=size)
        axes = drawn.add_axes((1.5 / size[0], 0.1 / size[1], across / size[0], down / size[1]))
        shades = [[float("nan") if v is None else v / most for v in row] for row in values]
        axes.imshow(shades, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), rows)
        axes.xaxis.tick_top()
        for row, cells in enumerate(words):
            for column, text in enumerate(cells):
                colour = "white" if shades[row][column] > _DARK else INK
                axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        return drawn

    return saved(figure, "svg", title)


def line(points: Sequence[tuple[float, float]], axes_of: tuple[str, str], title: str) -> bytes:
    """Return an SVG: a line through points, with what its two axes are called."""

    def figure() -> Figure:
        drawn = Figure(figsize=(6.2, 3.6))
        axes = drawn.add_axes((0.13, 0.15, 0.84, 0.78))
        axes.plot(*zip(*points, strict=True), color=COLOURS[0], marker="o", markersize=3)
        axes.set_xlabel(axes_of[0])
        axes.set_ylabel(axes_of[1])
        axes.set_ylim(bottom=min(0, *(y for _, y in points)))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _plain(axes)
        return drawn

    return saved(figure, "svg", title)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
