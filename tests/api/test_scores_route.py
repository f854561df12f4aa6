"""Scores and their models over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from builders import workspace
from cdp.scores.trained.artefact import Artefact
from cdp.scores.trained.versions import Versions
from live_server import Live, running
from published import copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES: dict[str, object] = {
    "scores/leaving.yaml": {"method": "churn", "description": "who leaves"},
    "scores/worth.yaml": {"method": "rfm"},
}


def model(version: str) -> Artefact:
    """Return a model that was refused."""
    return Artefact(
        {
            "version": version,
            "status": "insufficient_data",
            "reasons": ["20 customers, 200 needed"],
            "marks": [],
            "horizon_days": 90,
            "trained_at": "2026-07-01T00:00:00+00:00",
            "expires_at": "2026-09-29T00:00:00+00:00",
            "counts": {"customers": 20},
        }
    )


@pytest.fixture(scope="module")
def shop(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("scores") / "shop"
    copied(base, folder)
    place = workspace(folder, FILES)
    for version in ("aaa", "bbb"):
        Versions(place.home, "leaving").save(model(version), lambda _: None)
    with running(place) as server:
        yield server


def test_scores_are_listed_with_their_models(shop: Live) -> None:
    page = shop.get("/v1/scores", "planner").json()
    assert page["next_cursor"] is None
    found = {row["score"]: row for row in page["items"]}
    assert found["worth"]["model"] is None
    assert found["worth"]["is_predicted"] is False
    told = found["leaving"]["model"]
    assert (told["model_version"], told["status"]) == ("bbb", "insufficient_data")
    assert [v["model_version"] for v in told["versions"]] == ["aaa", "bbb"]
    assert (told["drift"], told["is_pinned"]) == (None, False)


def test_one_score_comes_with_the_card_of_a_version(shop: Live) -> None:
    card = shop.get("/v1/scores/leaving", "planner").json()["card"]
    assert card["version"] == "bbb"
    assert card["reasons"] == ["20 customers, 200 needed"]
    older = shop.get("/v1/scores/leaving?version=aaa", "planner").json()
    assert older["card"]["version"] == "aaa"
    assert older["model"]["model_version"] == "bbb"
    assert shop.get("/v1/scores/worth", "planner").json()["card"] is None


def test_what_is_not_there_or_not_to_be_seen(shop: Live) -> None:
    for path in ("/v1/scores/none", "/v1/scores/leaving?version=../bbb"):
        assert shop.get(path, "planner").status_code == 404
    assert shop.get("/v1/scores", "steward").status_code == 403
