"""The model for people and charts: beside its files a card, and Splink settings with m and u.

Invariant: nothing here is read back to decide; `model_files` holds what decides.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from cdp.identity.card import CHARTS, card
from cdp.identity.model_files import write_model
from cdp.identity.vectors import splink_comparison, splink_settings

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.identity.artefact import Model, PartModel


def save(model: Model, folder: Path) -> None:
    """Write the model, its `card.md` with charts, and a `splink-<party>.json` per part."""
    from cdp.identity.charts import page  # noqa: PLC0415 - matplotlib, where a model is saved

    folder.mkdir(parents=True, exist_ok=True)
    write_model(model, folder)
    (folder / "card.md").write_text(card(model), encoding="utf-8")
    (folder / CHARTS).write_text(page(model), encoding="utf-8")
    for kind, part in model.parts.items():
        text = json.dumps(splink_dictionary(part), indent=1, sort_keys=True)
        (folder / f"splink-{kind}.json").write_text(text + "\n", encoding="utf-8")


def splink_dictionary(part: PartModel) -> dict[str, Any]:
    """Return the part as Splink settings with m and u, for its waterfall charts."""
    latent = part.latent
    comparisons = [
        splink_comparison(comparison, m, u)
        for comparison, m, u in zip(latent.comparisons, latent.m, latent.u, strict=True)
    ]
    prior = float(np.clip(latent.sizes[0] / latent.all_pairs, 1e-12, 0.99))
    settings = splink_settings(comparisons, prior).create_settings_dict("duckdb")
    settings.pop("linker_uid", None)
    return settings
