"""The model in words: what it compares, what each agreement weighs, what else it reckons with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity.classes import STRANGERS, describe
from cdp.identity.laws import LAW
from cdp.identity.spread import cuts

if TYPE_CHECKING:
    from cdp.identity.artefact import Model, PartModel
    from cdp.identity.comparisons import Comparison
    from cdp.identity.laws import Law

DISAGREEMENT: Final = "none of these"
CHARTS: Final = "charts.html"
SHOWN_CUTS: Final = (-6, -3, 0, 3, 6, 10)


def card(model: Model) -> str:
    """Return a Markdown page about the model."""
    lines = [
        "# Identity model",
        "",
        "Learned without labels from the records alone. A pair of records is joined when a match",
        "explains its comparison better than every innocent explanation together; weights are in",
        "bits (log2): +1 doubles the odds of a match, -1 halves them.",
        "",
        f"Trained on data `{model.data_hash or 'unknown'}`. The same as pictures:",
        f"[{CHARTS}]({CHARTS}).",
    ]
    lines += _law_lines(model.laws)
    for kind, part in sorted(model.parts.items()):
        lines += ["", f"## {kind.capitalize()}s", "", *_part_lines(part)]
    return "\n".join(lines) + "\n"


def _law_lines(laws: tuple[Law, ...]) -> list[str]:
    if not laws:
        return []
    rows = [
        f"| {law.kind} | {_or_none(law.weight)} | {_or_none(law.per_profile)} | {law.priority} |"
        for law in laws
    ]
    head = ["| identifier | weight (bits) | values in one profile | priority |"]
    return ["", "Declared, not learned:", "", *head, "| --- | --- | --- | --- |", *rows]


def _or_none(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _part_lines(part: PartModel) -> list[str]:
    latent, traits = part.latent, part.traits
    placeholders = sum(len(found) for found in traits.placeholders.values())
    extras = ", ".join(f"{name} = {key}" for name, key in traits.extras.items())
    lines = [
        f"- records: {part.records:,}",
        f"- estimated matching pairs: {latent.sizes[0]:,.0f} of {latent.all_pairs:,.0f}",
        f"- placeholder values ignored: {placeholders}",
        f"- 1 January means an unknown day: {'yes' if traits.year_only else 'no'}",
        f"- sources writing the day first: {', '.join(traits.day_first) or 'none found'}",
        f"- further attributes compared: {extras or 'none'}",
        "",
        "| comparison | level | m | u | weight (bits) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for comparison, m, u in zip(latent.comparisons, latent.m, latent.u, strict=True):
        if comparison.name != LAW:
            lines += _level_lines(comparison, m, u)
    lines += _cut_lines(part)
    lines += ["", "| innocent explanation | pairs |", "| --- | --- |"]
    lines.append(f"| {STRANGERS} | {latent.all_pairs:,.0f} |")
    sized = sorted(zip(latent.classes, latent.sizes[1:], strict=True), key=lambda item: -item[1])
    lines += [f"| {describe(evidence)} | {size:,.1f} |" for evidence, size in sized]
    lines += ["", f"Blocks hold at most {part.plan.block_cap:,} records.", ""]
    lines += ["| blocking rule | pairs |", "| --- | --- |"]
    lines += [
        f"| {' + '.join(rule.columns)} | {f'{rule.pairs:,}' if rule.pairs else 'declared'} |"
        for rule in part.plan.rules
    ]
    return lines


def _cut_lines(part: PartModel) -> list[str]:
    """Return what joining all compared pairs above a weight would be worth, by the model alone."""
    if not any(part.spread):
        return []
    rows = [row for row in cuts(np.array(part.spread)) if row[0] in SHOWN_CUTS]
    head = ["| joined above (bits) | expected precision | expected recall |", "| --- | --- | --- |"]
    told = [f"| {cut:+d} | {precision:.4f} | {recall:.4f} |" for cut, precision, recall in rows]
    return ["", "Of single pairs; the linkage weighs whole clusters:", "", *head, *told]


def _level_lines(comparison: Comparison, m: np.ndarray, u: np.ndarray) -> list[str]:
    labels = [*(level.label for level in comparison.levels), DISAGREEMENT]
    top_down = zip(labels, m[::-1], u[::-1], strict=True)
    return [
        f"| {comparison.name} | {label} | {a:.4g} | {b:.3g} | {np.log2(a / b):+.1f} |"
        for label, a, b in top_down
    ]
