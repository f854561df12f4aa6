"""Whatever stewards decide and undo: what is in force holds, and what is undone is undone."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import InputError
from cdp.identity.artefact import Model
from cdp.identity.decisions import for_engine, in_force
from cdp.identity.resolve import resolve
from cdp.store import scratch
from cdp.store.contradiction import contradictions, groups
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_decisions import ContradictionError, Decisions, Proposal, Verdict
from identity_crowd import crowd
from published import NOW

pytestmark = pytest.mark.long

EVA = By("eva", "knows", NOW)
PERSONS = 30
Act = tuple[int, int, bool, bool]


class _World:
    """A trained model and the clusters without any decision."""

    def __init__(self) -> None:
        self.records, _ = crowd(PERSONS)
        self.model = Model()
        plain = self._resolved(Path())
        self.model, self.clusters = plain

    def _resolved(self, home: Path) -> tuple[Model, dict[str, str]]:
        decided = for_engine(in_force(home)) if home != Path() else None
        with closing(scratch()) as connection:
            found = resolve(self.records, connection, model=self.model, decisions=decided)
        return found.model, dict(found.clusters.select("record_id", "cluster").iter_rows())

    def run(self, home: Path) -> dict[str, str]:
        return self._resolved(home)[1]


@pytest.fixture(scope="module")
def world() -> _World:
    return _World()


def _decided(decisions: Decisions, acts: list[Act], names: list[str]) -> Iterator[int]:
    """Carry the acts out as a steward would; yield the decisions that were kept."""
    for one, other, joins, undoes in acts:
        if undoes and (open_ := [d for d in decisions.every() if d.undone_at is None]):
            decisions.undo(open_[one % len(open_)].decision_id, EVA)
            continue
        verdict: Verdict = "must_link" if joins else "cannot_link"
        pair = (names[one], names[other], verdict)
        try:
            made, is_new = decisions.decide(Proposal("confirm", pair[:2], (pair,)), EVA)
        except (InputError, ContradictionError):
            continue
        assert is_new
        yield made.decision_id


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 11), st.integers(0, 11), st.booleans(), st.booleans()),
        min_size=1,
        max_size=14,
    )
)
def test_decisions_in_force_hold_and_undoing_all_restores(
    world: _World, tmp_path_factory: pytest.TempPathFactory, acts: list[Act]
) -> None:
    home = tmp_path_factory.mktemp("laws")
    names = world.records["record_id"].to_list()[:6] + world.records["record_id"].to_list()[-6:]
    with State.open(home) as state:
        list(_decided(Decisions(state), acts, names))
        pairs = Decisions(state).in_force()
    assert contradictions(pairs) == []
    clusters = world.run(home)
    for pair in pairs:
        is_one = clusters[pair.record_l] == clusters[pair.record_r]
        assert is_one == (pair.verdict == "must_link")
    with State.open(home) as state:
        for number in {pair.decision_id for pair in pairs}:
            Decisions(state).undo(number, EVA)
    assert world.run(home) == world.clusters


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), max_size=12))
def test_contradictions_are_the_cannot_links_inside_a_group(
    acts: list[tuple[int, int, bool]],
) -> None:
    pairs = [
        _Pair(f"r{min(a, b)}", f"r{max(a, b)}", "must_link" if joins else "cannot_link", number)
        for number, (a, b, joins) in enumerate(acts)
        if a != b
    ]
    group = groups(pairs)
    links = pl.DataFrame(
        [(p.record_l, p.record_r) for p in pairs if p.verdict == "must_link"],
        schema={"l": pl.String, "r": pl.String},
        orient="row",
    )
    assert all(group[left] == group[right] for left, right in links.iter_rows())
    for found in contradictions(pairs):
        chain = [p for p in pairs if p.decision_id in found.chain]
        joined = groups(chain)
        assert joined[found.record_l] == joined[found.record_r]
        assert found.cannot not in found.chain


class _Pair:
    def __init__(self, record_l: str, record_r: str, verdict: str, decision_id: int) -> None:
        self.record_l, self.record_r = record_l, record_r
        self.verdict, self.decision_id = verdict, decision_id
