"""Plain charts as SVG text: bars beside their labels, curves over a scale.

Invariant: the same numbers give the same bytes; nothing but the text itself is needed to see it.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 860
LABEL: Final = 300
ROW: Final = 18
HEIGHT: Final = 280
MARGIN: Final = 40
COLOURS: Final = ("#2a6f97", "#b3541e")
INK: Final = "#222222"


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


def bar_chart(rows: Sequence[Bars]) -> str:
    """Return horizontal bars, all from one zero line; negative ones go to the left."""
    values = [value for row in rows for value, _ in row.values]
    low, high = min(0.0, *values), max(0.0, *values)
    scale = (WIDTH - LABEL - 3 * MARGIN) / max(high - low, 1e-9)
    zero = LABEL + MARGIN - low * scale
    parts = []
    for number, row in enumerate(rows):
        top = number * ROW
        parts.append(_text(LABEL, top + 13, row.label, "end"))
        thick = (ROW - 5) / len(row.values)
        for place, (value, words) in enumerate(row.values):
            left = zero + min(value, 0.0) * scale
            size = abs(value) * scale
            y = top + 2 + place * thick
            colour = COLOURS[place] if len(row.values) > 1 else COLOURS[int(value < 0)]
            parts.append(
                f'<rect x="{left:.1f}" y="{y:.1f}" width="{size:.1f}" height="{thick:.1f}" '
                f'fill="{colour}"><title>{html.escape(words)}</title></rect>'
            )
        furthest = zero + max(0.0, *(value for value, _ in row.values)) * scale
        told = ", ".join(words for _, words in row.values)
        parts.append(_text(furthest + 4, top + 13, told))
    bottom = len(rows) * ROW
    parts.append(f'<path d="M{zero:.1f} 0V{bottom}" stroke="{INK}" stroke-width="0.6"/>')
    return _svg(bottom + 4, parts)


def curve_chart(curves: Sequence[Curve], marks: Sequence[tuple[float, str]]) -> str:
    """Return curves over one scale from 0 to 1, with upright lines at the marks."""
    xs = [x for curve in curves for x, _ in curve.points]
    low, high = min(xs), max(xs)
    scale = (WIDTH - 3 * MARGIN) / max(high - low, 1e-9)
    tall = HEIGHT - MARGIN

    def place(x: float, y: float) -> str:
        return f"{MARGIN + (x - low) * scale:.1f} {10 + (1 - y) * (tall - 10):.1f}"

    parts = []
    for tenth in range(0, 11, 2):
        y = 10 + (1 - tenth / 10) * (tall - 10)
        parts.append(f'<path d="M{MARGIN} {y:.1f}H{WIDTH - 2 * MARGIN}" stroke="#dddddd"/>')
        parts.append(_text(MARGIN - 6, y + 4, f"{tenth / 10:.1f}", "end"))
    parts += [
        _text(MARGIN + (step - low) * scale, HEIGHT - 18, f"{step:+d}", "middle")
        for step in range(round(low), round(high) + 1, 5)
    ]
    for x, words in marks:
        line = f"M{place(x, 1)}L{place(x, 0)}"
        parts.append(f'<path d="{line}" stroke="{INK}" stroke-dasharray="3"/>')
        parts.append(_text(MARGIN + (x - low) * scale + 4, tall - 6, words))
    for curve, colour in zip(curves, COLOURS, strict=False):
        line = "L".join(place(x, y) for x, y in curve.points)
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return _svg(HEIGHT, parts)


def legend(names: Sequence[str]) -> str:
    """Return what the colours stand for, in their order."""
    return " ".join(
        f'<span style="color:{colour}">&#9632;</span> {html.escape(name)}'
        for name, colour in zip(names, COLOURS, strict=False)
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'


def _svg(height: int, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}">'
    )
    return "\n".join([head, *parts, "</svg>"])
