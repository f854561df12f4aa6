"""A pair's match weight drawn as a waterfall: SVG, PNG, or a page that needs nothing else.

Invariant: the same pair gives the same bytes; the last bar ends where all others together end.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Final, Literal

from matplotlib.figure import Figure

from cdp.drawing import COLOURS, GRID, INK, embedded, saved
from cdp.steward.words import chance, pair_sentences, terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

Format = Literal["svg", "png", "html"]
FORMATS: Final[dict[str, str]] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "html": "text/html; charset=utf-8",
}
FOR, AGAINST = COLOURS
TOTAL = "#333333"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 60rem }}
svg {{ max-width: 100%; height: auto }} pre {{ overflow-x: auto }}</style></head>
<body>
<h1>{title}</h1>
{picture}
<pre>{words}</pre>
</body>
</html>
"""


def draw(edge: Mapping[str, Any], kind: Format) -> bytes:
    """Return the picture of one scored pair, with the pair's terms from prior to probability."""
    if kind == "html":
        return _page(edge)
    return saved(lambda: _figure(edge), kind, _title(edge))


def _figure(edge: Mapping[str, Any]) -> Figure:
    told = terms(edge)
    figure = Figure(figsize=(9.5, 1.7 + 0.36 * (len(told) + 1)), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.use_sticky_edges = False
    axes.margins(x=0.1)
    _bars(axes, [weight for _, weight in told], float(edge["match_weight"]))
    total = f"match weight {edge['match_weight']:+.1f}, probability {chance(edge)}"
    axes.set_yticks(range(len(told) + 1), [*(text for text, _ in told), total])
    axes.get_yticklabels()[-1].set_fontweight("bold")
    axes.invert_yaxis()
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1)
    axes.set_xlabel("match weight in bits: left of 0 speaks against one party, right of it for one")
    axes.set_title(_title(edge), loc="left", fontsize=11, fontweight="bold", pad=12)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def _bars(axes: Axes, weights: list[float], total: float) -> None:
    begins = [sum(weights[:i]) for i in range(len(weights))]
    rows = [*zip(begins, weights, strict=True), (0.0, total)]
    for place, (begin, weight) in enumerate(rows):
        is_total = place == len(weights)
        colour = TOTAL if is_total else (FOR if weight >= 0 else AGAINST)
        axes.barh(place, weight, left=begin, height=0.62, color=colour, zorder=2)
        end = begin + weight
        if not is_total:
            axes.plot([end, end], [place, place + 1], color="#888888", linewidth=0.7, zorder=1)
        axes.annotate(
            f"{weight:+.1f}",
            (max(begin, end), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=INK,
        )


def _title(edge: Mapping[str, Any]) -> str:
    return f"{edge['record_l']} and {edge['record_r']}"


def _page(edge: Mapping[str, Any]) -> bytes:
    picture = embedded(lambda: _figure(edge), _title(edge))
    words = html.escape("\n".join(pair_sentences(edge)))
    text = _PAGE.format(title=html.escape(_title(edge)), picture=picture, words=words)
    return text.encode()
