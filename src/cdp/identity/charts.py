"""The model as pictures on one page: weights, chances, innocent explanations, where to cut.

Invariant: a page follows from its model alone, byte for byte, and loads nothing.
"""

from __future__ import annotations

import html
from math import log, log10
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.drawing import Bars, Curve, bar_chart, curve_chart
from cdp.identity.classes import STRANGERS, describe
from cdp.identity.laws import LAW
from cdp.identity.linkage import LENIENT, STRICT
from cdp.identity.spread import cuts
from cdp.identity.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.identity.artefact import Model, PartModel

BITS: Final = 1 / log(2)
SIZES: Final = "How many pairs each explanation has, on a scale of powers of ten"
CUT: Final = "Where to cut, for single pairs, by match weight in bits"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Identity model</title>
<style>body {{ font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 60rem }}
svg {{ width: 100%; height: auto }}</style></head>
<body>
<h1>Identity model</h1>
<p>The numbers are in <a href="card.md">card.md</a>.</p>
{parts}
</body>
</html>
"""


def page(model: Model) -> str:
    """Return an HTML page with the charts of every part of the model."""
    parts = [
        f"<h2>{kind.capitalize()}s</h2>\n{_sections(part)}"
        for kind, part in sorted(model.parts.items())
    ]
    return _PAGE.format(parts="\n".join(parts))


def _sections(part: PartModel) -> str:
    levels = list(_levels(part))
    weights = [Bars(name, ((log(m / u) * BITS, _bits(m, u)),)) for name, m, u in levels]
    chances = [Bars(name, ((m, f"{m:.2g}"), (u, f"{u:.2g}"))) for name, m, u in levels]
    weighed, seen = "What each agreement weighs, in bits", "How often it is seen"
    found = [
        (weighed, bar_chart(weighed, weights)),
        (seen, bar_chart(seen, chances, ("one party (m)", "strangers (u)"))),
        (SIZES, bar_chart(SIZES, _explained(part))),
    ]
    if any(part.spread):
        found.append((CUT, _cut(part)))
    return "\n".join(f"<h3>{html.escape(title)}</h3>\n{svg}" for title, svg in found)


def _levels(part: PartModel) -> Iterator[tuple[str, float, float]]:
    """Yield every level in words with its chances, disagreement last."""
    latent = part.latent
    for comparison, m, u in zip(latent.comparisons, latent.m, latent.u, strict=True):
        names = [*(level.label.replace("_", " ") for level in comparison.levels), "differs"]
        told = list(zip(names, m[::-1], u[::-1], strict=True))
        for name, a, b in told[:-1] if comparison.name == LAW else told:
            yield f"{in_words(comparison.name)}: {name}", float(a), float(b)


def _bits(m: float, u: float) -> str:
    return f"{log(m / u) * BITS:+.1f}"


def _explained(part: PartModel) -> list[Bars]:
    latent = part.latent
    sized = sorted(zip(latent.classes, latent.sizes[1:], strict=True), key=lambda c: (-c[1], c[0]))
    rows = [("one party", float(latent.sizes[0])), (STRANGERS, latent.all_pairs)]
    rows += [(describe(evidence), float(size)) for evidence, size in sized]
    return [Bars(name, ((log10(max(size, 1.0)), f"{size:,.1f}"),)) for name, size in rows]


def _cut(part: PartModel) -> str:
    found = cuts(np.array(part.spread))
    curves = [
        Curve("expected precision", tuple((cut, precision) for cut, precision, _ in found)),
        Curve("expected recall", tuple((cut, recall) for cut, _, recall in found)),
    ]
    marks = [(STRICT.cut * BITS, "strict"), (LENIENT.cut * BITS, "lenient")]
    return curve_chart(CUT, curves, marks)
