"""The model in words: what it compares, what each agreement weighs, what else it reckons with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity.classes import STRANGERS, describe

if TYPE_CHECKING:
    from cdp.identity.artefact import Model, PartModel
    from cdp.identity.comparisons import Comparison

DISAGREEMENT: Final = "none of these"


def card(model: Model) -> str:
    """Return a Markdown page about the model."""
    lines = [
        "# Identity model",
        "",
        "Learned without labels from the records alone. A pair of records is joined when a match",
        "explains its comparison better than every innocent explanation together; weights are in",
        "bits (log2): +1 doubles the odds of a match, -1 halves them.",
        "",
        f"Trained on data `{model.data_hash or 'unknown'}`.",
    ]
    for kind, part in sorted(model.parts.items()):
        lines += ["", f"## {kind.capitalize()}s", "", *_part_lines(part)]
    return "\n".join(lines) + "\n"


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
        lines += _level_lines(comparison, m, u)
    lines += ["", "| innocent explanation | pairs |", "| --- | --- |"]
    lines.append(f"| {STRANGERS} | {latent.all_pairs:,.0f} |")
    sized = sorted(zip(latent.classes, latent.sizes[1:], strict=True), key=lambda item: -item[1])
    lines += [f"| {describe(evidence)} | {size:,.1f} |" for evidence, size in sized]
    lines += ["", f"Blocks hold at most {part.plan.block_cap:,} records.", ""]
    lines += ["| blocking rule | pairs |", "| --- | --- |"]
    lines += [f"| {' + '.join(rule.columns)} | {rule.pairs:,} |" for rule in part.plan.rules]
    return lines


def _level_lines(comparison: Comparison, m: np.ndarray, u: np.ndarray) -> list[str]:
    labels = [*(level.label for level in comparison.levels), DISAGREEMENT]
    top_down = zip(labels, m[::-1], u[::-1], strict=True)
    return [
        f"| {comparison.name} | {label} | {a:.4g} | {b:.3g} | {np.log2(a / b):+.1f} |"
        for label, a, b in top_down
    ]
