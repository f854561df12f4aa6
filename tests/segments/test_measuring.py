"""Uplift, overlap and portrait: figures that are known, and what must be refused."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders import AS_OF, Value, add, in_memory
from cdp.errors import InputError
from cdp.segments.control import slots
from cdp.segments.overlap import overlap
from cdp.segments.portrait import portrait
from cdp.segments.uplift import Arm, Question, newcombe, sample_ratio, uplift, welch

NOW = AS_OF.replace(tzinfo=None)
# Newcombe 1998, table II, method 10: (successes, n) of both, and the interval.
PUBLISHED = (
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
)


@pytest.mark.parametrize(("one", "other", "interval"), PUBLISHED)
def test_the_interval_of_rates_is_newcombes(
    one: tuple[int, int], other: tuple[int, int], interval: tuple[float, float]
) -> None:
    arms = [Arm(n, k, k, 0, 0) for k, n in (one, other)]
    found = newcombe(*arms)
    assert (found.low, found.high) == pytest.approx(interval, abs=5e-5)


def test_the_interval_of_means_is_welchs() -> None:
    amounts = ([1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 5.0])
    arms = [Arm(len(x), 1, 1, sum(x), sum(v * v for v in x)) for x in amounts]
    found = welch(*arms)
    assert (found.value, found.low, found.high) == pytest.approx((-0.5, -3.9557, 2.9557), abs=1e-3)


def test_uneven_arms_are_improbable() -> None:
    assert sample_ratio(9000, 1000, 0.1) == pytest.approx(1)
    assert sample_ratio(9000, 800, 0.1) < 0.001


ASKED = Question("it", "it", slots(0.5), "order", AS_OF, AS_OF + timedelta(days=30))


def test_uplift_counts_by_assignment(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        for n in range(40):
            entered: dict[str, Value] = {"segment": "it", "profile_id": f"P-{n}", "run_id": 1}
            add(warehouse, "gold.segment_history", entered | {"event": "entered", "at": NOW})
        left: dict[str, Value] = {"segment": "it", "profile_id": "P-1", "run_id": 2}
        later = NOW + timedelta(days=5)
        add(warehouse, "gold.segment_history", left | {"event": "left", "at": later})
        order: dict[str, Value] = {"status": "completed", "amount": 10.0, "ordered_at": later}
        for n in range(5):
            add(warehouse, "gold.order", order | {"profile_id": f"P-{n}", "order_id": f"{n}"})
        cancelled: dict[str, Value] = {"profile_id": "P-9", "order_id": "x", "status": "cancelled"}
        add(warehouse, "gold.order", order | cancelled)
        found = uplift(warehouse, ASKED)
        assert found.treated.members + found.control.members == 40
        assert found.treated.responders + found.control.responders == 5
        assert found.treated.amount + found.control.amount == 50
        assert found.marks == ("unstable_spend",)
        assert found.document()["control"]["members"] == found.control.members
        with pytest.raises(InputError, match="unknown outcome 'nothing'"):
            uplift(warehouse, replace(ASKED, outcome="nothing"))
        with pytest.raises(InputError, match="its history begins on 2026-07-01"):
            uplift(warehouse, replace(ASKED, since=AS_OF - timedelta(days=9)))


def test_overlap_and_portrait_count_everybody_once(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        for n in range(10):
            country = "DE" if n < 6 else "FR"
            person: dict[str, Value] = {"profile_id": f"P-{n}", "profile_type": "person"}
            add(warehouse, "gold.profile", person | {"country": country})
        for segment, members in {"a": (0, 1, 2), "b": (1, 2, 9)}.items():
            for n in members:
                row: dict[str, Value] = {"segment": segment, "profile_id": f"P-{n}"}
                add(warehouse, "gold.segment_member", row)
        found = overlap(warehouse, ["b", "a"])
        assert (found.segments, found.matrix) == (("a", "b"), ((3, 2), (2, 3)))
        assert found.rows("a")[0]["jaccard"] == 0.5
        warehouse.connection.execute(
            "create temp table segment_chosen as "
            "select profile_id from gold.segment_member where segment = 'a'"
        )
        dimensions = {one.name: one.document() for one in portrait(warehouse, "person", AS_OF)}
    german, french = dimensions["country"]["values"]
    assert (german["members"], german["everybody"], german["index"]) == (3, 6, 167)
    assert (french["members"], french["index"]) == (0, 0)
    assert "gender" not in dimensions
