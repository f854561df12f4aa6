"""The pictures and numbers of a model: the same bytes again, whole, and true to the model."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.identity.artefact import Model
from cdp.identity.artefact_files import save
from cdp.identity.charts import page
from cdp.identity.laws import Law, governed
from cdp.identity.model_files import read_model
from cdp.identity.spread import HIGHEST, LOWEST, cuts, spread
from identity_crowd import KEY, crowd_model


@cache
def model() -> Model:
    return governed(crowd_model(), (Law("user_id", 8.0, 1, 1),))


def pictures(text: str) -> list[str]:
    return [f"<svg{part.split('</svg>')[0]}</svg>" for part in text.split("<svg")[1:]]


def test_a_model_is_saved_with_its_charts_and_draws_them_again(tmp_path: Path) -> None:
    save(model(), tmp_path)
    text = (tmp_path / "charts.html").read_text(encoding="utf-8")
    assert page(read_model(tmp_path, KEY)) == text
    card = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "[charts.html](charts.html)" in card
    assert "| user_id | 8 | 1 | 1 |" in card
    assert "| +0 | " in card
    assert len(text) < 200_000


def test_every_level_and_explanation_is_drawn() -> None:
    drawn = pictures(page(model()))
    assert len(drawn) == 4
    words = ["".join(ET.fromstring(svg).itertext()) for svg in drawn]  # noqa: S314 - our own
    latent = model().parts["person"].latent
    assert all(level.label.replace("_", " ") in words[0] for level in latent.comparisons[0].levels)
    assert "identifier rule: user id" in words[0]
    assert "identifier rule: differs" not in words[0]
    assert "strangers agreeing by chance" in words[2]
    assert "strict" in words[3]


def test_a_model_of_before_has_no_curve() -> None:
    parts = {kind: replace(part, spread=()) for kind, part in model().parts.items()}
    assert len(pictures(page(replace(model(), parts=parts)))) == 3


@given(st.lists(st.floats(-60, 60), min_size=1, max_size=200))
def test_a_higher_cut_finds_less_and_is_right_more_often(log_odds: list[float]) -> None:
    bands = spread(np.array(log_odds))
    assert sum(bands) == len(log_odds)
    assert len(bands) == HIGHEST - LOWEST
    found = cuts(np.array(bands))
    recall = [row[2] for row in found]
    assert recall == sorted(recall, reverse=True)
    assert recall[0] == pytest.approx(1.0)
    precision = [row[1] for row in found]
    assert all(a <= b + 1e-12 for a, b in pairwise(precision))
