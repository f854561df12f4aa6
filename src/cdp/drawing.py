"""Plain charts by matplotlib: bars beside their labels, curves over a scale, any figure as a file.

Invariant: the same numbers give the same bytes, and nothing has to be loaded to see them.
matplotlib is slow to import: whoever may do without a picture imports this where it draws.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

COLOURS: Final = ("#2a6f97", "#b3541e")
INK: Final = "#222222"
GRID: Final = "#dddddd"
_DRAWING: Final = Lock()


@dataclass(frozen=True, slots=True)
class Bars:
    """A row of a bar chart: its label, and a value with its text for each bar."""

    label: str
    values: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A named line through points (x, y), y from 0 to 1."""

    name: str
    points: tuple[tuple[float, float], ...]


def saved(make: Callable[[], Figure], kind: str, title: str) -> bytes:
    """Return the figure that `make` makes as a file of a kind, `svg` or `png`."""
    target = io.BytesIO()
    # What matplotlib is told holds for the whole process: one thread draws at a time.
    with _DRAWING, mpl.rc_context():
        mpl.rc("svg", hashsalt="cdp", fonttype="none")
        mpl.rc("font", family="sans-serif", size=10)
        mpl.rc("text", parse_math=False)
        metadata = {"Title": title} | ({"Date": None} if kind == "svg" else {})
        make().savefig(target, format=kind, metadata=metadata)
    return target.getvalue()


def embedded(make: Callable[[], Figure], title: str) -> str:
    """Return the figure as an `<svg>` element for a page."""
    picture = saved(make, "svg", title).decode()
    return picture[picture.index("<svg") :]


def bar_chart(title: str, rows: Sequence[Bars], names: Sequence[str] = ()) -> str:
    """Return horizontal bars, all from one zero line; negative ones go to the left.

    `names` say what the bars of a row stand for, where there are several.
    """
    return embedded(lambda: _bars(rows, names), title)


def curve_chart(title: str, curves: Sequence[Curve], marks: Sequence[tuple[float, str]]) -> str:
    """Return curves over one scale from 0 to 1, with upright lines at the marks."""
    return embedded(lambda: _curves(curves, marks), title)


def _bars(rows: Sequence[Bars], names: Sequence[str]) -> Figure:
    several = max(len(row.values) for row in rows)
    tall = 0.9 + (0.14 + 0.08 * several) * len(rows)
    figure = Figure(figsize=(9.5, tall))
    # fixed room for labels: to lay it out by the words costs several times the drawing
    axes = figure.add_axes((0.36, 0.4 / tall, 0.62, 1 - 0.8 / tall))
    height = 0.75 / several
    for place in range(several):
        found = [(number, row.values[place]) for number, row in enumerate(rows)]
        lengths = [value for _, (value, _) in found]
        below = [number + place * height for number, _ in found]
        negative = [COLOURS[int(value < 0)] for value in lengths]
        colours = negative if several == 1 else [COLOURS[place]] * len(found)
        label = names[place] if names else None
        drawn = axes.barh(below, lengths, height, align="edge", color=colours, label=label)
        axes.bar_label(drawn, [words for _, (_, words) in found], padding=3, fontsize=7)
    axes.set_yticks([number + 0.375 for number in range(len(rows))], [row.label for row in rows])
    axes.set_ylim(len(rows), -0.25)
    axes.margins(x=0.12)
    axes.axvline(0, color=INK, linewidth=0.8)
    _plain(axes, "x")
    if names:
        figure.legend(loc="upper left", ncols=len(names), frameon=False)
    return figure


def _curves(curves: Sequence[Curve], marks: Sequence[tuple[float, str]]) -> Figure:
    figure = Figure(figsize=(9.5, 3.2))
    axes = figure.add_axes((0.06, 0.1, 0.92, 0.78))
    for curve, colour in zip(curves, COLOURS, strict=False):
        axes.plot(*zip(*curve.points, strict=True), color=colour, label=curve.name)
    for x, words in marks:
        axes.axvline(x, color=INK, linewidth=0.8, linestyle="--")
        axes.annotate(words, (x, 0), xytext=(3, 4), textcoords="offset points", fontsize=8)
    axes.set_ylim(0, 1.02)
    _plain(axes, "y")
    figure.legend(loc="upper left", ncols=len(curves), frameon=False)
    return figure


def _plain(axes: Axes, grid: Literal["x", "y"]) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis=grid, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
