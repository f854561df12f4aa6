"""A model as pictures: whether chances come true, what each tenth brought, what matters.

Invariant: a picture follows from the facts of a model alone, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from cdp.drawing import COLOURS, GRID, INK, saved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes


def calibration(rows: Sequence[Mapping[str, float]], what: str) -> bytes:
    """Return an SVG: for each tenth what was said against what came; the diagonal is right."""

    def figure() -> Figure:
        drawn = Figure(figsize=(5.2, 4.6))
        axes = drawn.add_axes((0.13, 0.13, 0.82, 0.8))
        said, came = [row["said"] for row in rows], [row["came"] for row in rows]
        most = max((*said, *came, 0.01)) * 1.05
        axes.plot((0, most), (0, most), color=INK, linewidth=0.8, linestyle="--", label="right")
        axes.plot(said, came, color=COLOURS[0], marker="o", label="back-test, by tenths")
        axes.set_xlabel(f"said: {what}")
        axes.set_ylabel("came")
        axes.set_xlim(0, most)
        axes.set_ylim(0, most)
        _plain(axes)
        axes.legend(loc="upper left", frameon=False)
        return drawn

    return saved(figure, "svg", "Calibration")


def deciles(rows: Sequence[Mapping[str, float]], what: str) -> bytes:
    """Return an SVG: what each tenth of customers was said to bring, and what it brought."""

    def figure() -> Figure:
        drawn = Figure(figsize=(7.2, 3.6))
        axes = drawn.add_axes((0.1, 0.14, 0.87, 0.76))
        places = range(1, len(rows) + 1)
        for shift, name, colour, label in (
            (-0.2, "said", COLOURS[0], "said"),
            (0.2, "came", COLOURS[1], "came"),
        ):
            heights = [row[name] for row in rows]
            axes.bar([p + shift for p in places], heights, 0.38, color=colour, label=label)
        axes.set_xticks(list(places))
        axes.set_xlabel("tenth of customers by what was said, 10 is the highest")
        axes.set_ylabel(what)
        _plain(axes)
        axes.legend(loc="upper left", frameon=False)
        return drawn

    return saved(figure, "svg", "Deciles")


def importance(found: Mapping[str, float]) -> bytes:
    """Return an SVG: by how much the error grows when a group of features is shuffled."""

    def figure() -> Figure:
        rows = sorted(found.items(), key=lambda row: (row[1], row[0]))
        drawn = Figure(figsize=(6.2, 0.9 + 0.36 * len(rows)))
        axes: Any = drawn.add_axes((0.16, 0.24, 0.8, 0.7))
        axes.barh([name for name, _ in rows], [value for _, value in rows], color=COLOURS[0])
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_xlabel("how much the squared error grows when it is shuffled")
        _plain(axes)
        return drawn

    return saved(figure, "svg", "Importance")


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
