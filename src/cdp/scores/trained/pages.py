"""A model for people: `card.md` and its charts, beside the files that decide.

Invariant: nothing here is read back to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.scores.trained.card import CALIBRATION, DECILES, IMPORTANCE, card
from cdp.scores.trained.contract_card import contract_card

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.scores.trained.artefact import Artefact


def draw(model: Artefact, folder: Path) -> None:
    """Write the card of a model into its folder, and the charts it has figures for."""
    facts = model.facts
    page = contract_card(facts) if "ended" in facts["counts"] else card(facts)
    (folder / "card.md").write_text(page, encoding="utf-8")
    tested = facts.get("backtest") or {}
    if not (tested.get("calibration") or facts.get("tenths")):
        return
    from cdp.scores.trained import charts  # noqa: PLC0415 - matplotlib, where there is a picture

    chance = "chance to buy" if facts.get("importance") else facts["unit"]
    if tested.get("calibration"):
        (folder / CALIBRATION).write_bytes(charts.calibration(tested["calibration"], chance))
    if facts.get("tenths"):
        (folder / DECILES).write_bytes(charts.deciles(facts["tenths"], facts["unit"]))
    if facts.get("importance"):
        (folder / IMPORTANCE).write_bytes(charts.importance(facts["importance"]))
