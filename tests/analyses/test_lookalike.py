"""Lookalikes: planted kin are found, noise is refused, what chose the seeds is not used."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysed_world import NOW, analysed, declared
from builders import AS_OF, Value, add, in_memory
from cdp.analyses.kinds.lookalike import defining, draw
from cdp.analyses.likeness import given_away, percentile
from cdp.analyses.stage import STAGE
from cdp.errors import UnknownNameError
from cdp.stage import Run
from cdp.store import Warehouse
from cdp.store.state import State
from cdp.store.state_privacy import Restrictions

ASKED: dict[str, Any] = {"kin": {"kind": "lookalike", "segment": "fans"}}
PEOPLE = 900
KIN = {f"P-{n:03}" for n in range(180)}


def crowd(warehouse: Warehouse, folder: Path, seeds: list[str]) -> None:
    """Add people of whom a fifth read, click and like gardens, and a list of some as seeds."""
    (folder / "segments").mkdir(exist_ok=True)
    (folder / "segments" / "fans.yaml").write_text("static: true\n", "utf-8")
    drawn = np.random.default_rng(7)
    rows: list[dict[str, Value]] = []
    for n in range(PEOPLE):
        kin = f"P-{n:03}" in KIN
        rows.append(
            {
                "profile_id": f"P-{n:03}",
                "entity_type": "person",
                "orders": int(drawn.poisson(2)),
                "tenure_days": int(drawn.integers(1, 900)),
                "interactions_90d": int(drawn.poisson(9 if kin else 5)),
                "emails_clicked_90d": int(drawn.poisson(2 if kin else 1)),
                "top_interest": "Garden" if drawn.random() < (0.5 if kin else 0.2) else "Tools",
                "last_interaction_at": NOW - timedelta(days=int(drawn.integers(1, 90))),
            }
        )
    add(warehouse, "gold.feature", *rows)
    member: dict[str, Value] = {"segment": "fans"}
    add(warehouse, "gold.segment_member", *(member | {"profile_id": one} for one in seeds))


def said(warehouse: Warehouse) -> tuple[str, list[str], list[str]]:
    found = warehouse.query("select status, words, marks from gold.analysis").row(0)
    return found[0], found[1], found[2]


def listed(warehouse: Warehouse) -> list[str]:
    rows = warehouse.query("select profile_id from gold.analysis_lookalike order by place")
    return rows["profile_id"].to_list()


def test_kin_of_the_seeds_are_found(tmp_path: Path) -> None:
    seeds = sorted(KIN)[::2]
    with in_memory(tmp_path) as warehouse:
        crowd(warehouse, tmp_path, seeds)
        add(warehouse, "identity.assignment", {"record_id": "crm:1", "profile_id": "P-001"})
        with State.open(tmp_path / ".cdp") as state:
            Restrictions(state).add(["crm:1"], "PR-1", AS_OF)
        analysed(warehouse, tmp_path, files=ASKED)
        found = listed(warehouse)
        rows = warehouse.query("from gold.analysis_lookalike order by place").to_dicts()
        tried = {
            (row["method"], row["share"]): row
            for row in warehouse.query("from gold.analysis_lookalike_trial").to_dicts()
        }
        status, words, marks = said(warehouse)
        assert set(draw(warehouse, "kin")) == {"recall.svg"}
        before = [warehouse.digest(table) for table in STAGE.writes]
        analysed(warehouse, tmp_path, files=ASKED)
        assert [warehouse.digest(table) for table in STAGE.writes] == before
    assert (status, marks) == ("found", [])
    assert len(found) == 80, "a tenth of those who are no seeds and not restricted"
    assert not set(found) & {*seeds, "P-001"}
    # 89 of 809 others are kin: by chance nine would be listed
    assert len(set(found) & KIN) > 25
    model, random = tried["model", 0.1], tried["random", 0.1]
    assert random["recall"] == random["high"] == 0.1
    assert model["low"] > 0.1
    assert model["times"] == pytest.approx(model["recall"] / 0.1)
    assert 27 < model["seeds"] <= 90
    assert rows[0]["percentile"] == pytest.approx(1 / 809)
    assert rows[-1]["times"] == pytest.approx(model["times"])
    assert rows[0]["times"] == pytest.approx(tried["model", 0.01]["times"])
    assert "times more like your seeds than chance" in words[0]


def test_seeds_by_chance_are_refused(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        crowd(warehouse, tmp_path, [f"P-{n:03}" for n in range(0, PEOPLE, 11)])
        analysed(warehouse, tmp_path, files=ASKED)
        assert said(warehouse)[0] == "nothing_found"
        assert "no better than chance" in said(warehouse)[1][0]
        assert listed(warehouse) == []
        assert warehouse.count("gold.analysis_lookalike_trial") == 0


def test_too_few_seeds_are_said(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        crowd(warehouse, tmp_path, sorted(KIN)[:49])
        analysed(warehouse, tmp_path, files=ASKED)
        status, words, _ = said(warehouse)
        assert status == "insufficient_data"
        assert words[0].startswith("fans has 49 members as seeds, and 851 are none")
        with pytest.raises(UnknownNameError, match="unknown segment 'fns'; known: fans"):
            analysed(warehouse, tmp_path, files={"kin": ASKED["kin"] | {"segment": "fns"}})


@pytest.mark.parametrize(
    ("segment", "families"),
    [
        ({"static": True}, set()),
        ({"where": {"feature": "revenue_365d", "at_least": 9}}, {"purchases"}),
        ({"where": {"event": "interaction", "at_least": 2}}, {"interactions"}),
        ({"where": {"attribute": "country", "is": "DE"}}, {"country"}),
        ({"where": {"segment": "other"}}, {"carts"}),
        ({"sql": "select profile_id from gold.order"}, {"purchases"}),
    ],
)
def test_what_defines_the_seeds_is_left_out(
    tmp_path: Path, segment: dict[str, Any], families: set[str]
) -> None:
    place = declared(tmp_path, {})
    with in_memory(tmp_path) as warehouse:
        run = Run(1, AS_OF, AS_OF, 1, warehouse, place)
        (tmp_path / "segments").mkdir()
        other = "where: {feature: open_carts, at_least: 1}\n"
        (tmp_path / "segments" / "other.yaml").write_text(other, "utf-8")
        (tmp_path / "segments" / "it.yaml").write_text(str(segment), "utf-8")
        assert defining(run, "it") == families


def test_a_column_that_gives_the_seeds_away_is_known() -> None:
    is_seed = np.arange(200) < 60
    drawn = np.random.default_rng(3)
    chosen_by = np.where(is_seed, -1.0, 1.0) + 0.1 * drawn.normal(size=200)
    some = np.where(is_seed, 0.7, 0.0) + drawn.normal(size=200)
    unknown = np.where(is_seed, np.nan, 2.0)
    matrix = np.column_stack([chosen_by, some, unknown, np.ones(200)])
    assert given_away(matrix, is_seed).tolist() == [True, False, True, False]


def test_ranks_are_shares_with_ties_in_the_middle() -> None:
    scores = np.array([[1.0, 5.0], [3.0, 5.0], [3.0, 7.0], [9.0, 1.0]])
    ranks = np.array([[0.0, 1.5], [1.5, 1.5], [1.5, 3.0], [3.0, 0.0]])
    assert percentile(scores) == pytest.approx(ranks.mean(axis=1) / 4)
