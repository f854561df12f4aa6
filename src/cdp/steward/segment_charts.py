"""Segments as pictures: what the members are like, what conditions leave, what segments share.

Invariant: the same numbers give the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from cdp.drawing import INK, Bars, bar_chart, saved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.segments.overlap import Overlap
    from cdp.segments.portrait import Dimension
    from cdp.segments.preview import Part

_DARK = 0.55


def dimension(found: Dimension) -> str:
    """Return a picture of a dimension: shares of the members beside those of everybody."""
    rows = [
        Bars(
            str(one["value"]),
            (
                (one["share"] or 0.0, f"{one['share'] or 0:.1%}"),
                (one["share_of_everybody"] or 0.0, f"{one['share_of_everybody'] or 0:.1%}"),
            ),
        )
        for one in found.document()["values"]
    ]
    return bar_chart(f"Members by {found.name}", rows, ("members", "everybody"))


def conditions(parts: Sequence[Part]) -> str:
    """Return a picture of conditions: how many satisfy each alone, and with those before it."""
    rows = [
        Bars(
            _worded(part),
            ((part.members, f"{part.members:,}"), (part.cumulative, f"{part.cumulative:,}")),
        )
        for part in parts
    ]
    return bar_chart("What the conditions leave", rows, ("alone", "with those before"))


def matrix(found: Overlap) -> str:
    """Return a picture of shares: of the row's segment, those who are in the column's, too."""
    picture = saved(lambda: _matrix(found), "svg", "What segments share").decode()
    return picture[picture.index("<svg") :]


def _matrix(found: Overlap) -> Figure:
    count = len(found.segments)
    figure = Figure(figsize=(3.6 + 0.9 * count, 2.4 + 0.5 * count))
    axes = figure.add_axes((0.34, 0.08, 0.64, 0.58))
    shares = [
        [shared / (row[place] or 1) for shared in row] for place, row in enumerate(found.matrix)
    ]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(count), found.segments, rotation=40, ha="left")
    axes.set_yticks(range(count), found.segments)
    axes.xaxis.tick_top()
    for row, values in enumerate(shares):
        for column, share in enumerate(values):
            words = f"{found.matrix[row][column]:,}\n{share:.0%}"
            colour = "white" if share > _DARK else INK
            axes.text(column, row, words, ha="center", va="center", color=colour, fontsize=8)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def _worded(part: Part) -> str:
    key, value = next(iter(part.condition.items()))
    if key == "not" and isinstance(value, dict):
        key, value = next(iter(value.items()))
        key = f"not {key}"
    return f"{key} {value}"[:44] if not isinstance(value, dict | list | tuple) else key
