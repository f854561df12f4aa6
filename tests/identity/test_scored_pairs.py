"""What is kept of long lists of pairs, and the rarity of what two lists of values share."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.identity import scored_pairs
from cdp.identity.comparisons import Comparison, Level
from cdp.identity.frequencies import CLIP, Terms, hashed_values, term_table
from cdp.identity.latent import Latent
from cdp.identity.scored_pairs import HOPELESS, Scoring
from cdp.identity.vectors import Vectoriser
from cdp.store import scratch

GIVEN = Comparison(
    "given", "given_l is null or given_r is null", (Level("exact", "given_l = given_r"),)
)
LATENT = Latent(
    comparisons=(GIVEN,),
    m=(np.array([0.0001, 0.9999]),),
    u=(np.array([0.5, 0.5]),),
    a=(np.array([0.0, 1.0]),),
    classes=(),
    sizes=np.array([50.0]),
    all_pairs=100.0,
)


def scoring() -> Scoring:
    connection = scratch()
    frame = pl.DataFrame({"unique_id": range(6), "given": ["x", "x", "y", "x", None, "y"]})
    connection.register("t", frame)
    return Scoring(Vectoriser(connection, "t", (GIVEN,)), (GIVEN,), Terms(frame, {}, {}))


def test_hopeless_pairs_are_let_go_unless_asked_for() -> None:
    left, right = np.triu_indices(6, 1)
    asked = (left == 0) & (right == 2)
    whole = scoring().scored(LATENT, left, right)
    assert len(whole.pairs.left) == 15
    kept = scoring().scored(LATENT, left, right, asked)
    expected = (whole.verdicts.log_odds > HOPELESS) | asked
    assert 0 < expected.sum() < 15
    assert np.array_equal(kept.pairs.left, left[expected])
    assert np.array_equal(kept.verdicts.log_odds, whole.verdicts.log_odds[expected])


def test_a_batch_more_or_less_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = np.triu_indices(6, 1)
    one = scoring().scored(LATENT, left, right)
    monkeypatch.setattr(scored_pairs, "BATCH", 4)
    several = scoring().scored(LATENT, left, right)
    assert np.array_equal(one.pairs.vectors, several.pairs.vectors)
    assert np.array_equal(one.verdicts.log_odds, several.verdicts.log_odds)


values = st.lists(st.sampled_from("abcd"), max_size=3, unique=True)


@settings(deadline=None)
@given(st.lists(values, min_size=2, max_size=8))
def test_the_rarest_shared_value_counts(held: list[list[str]]) -> None:
    frame = pl.DataFrame(
        {"unique_id": range(len(held)), "emails": held},
        schema={"unique_id": pl.UInt32, "emails": pl.List(pl.String)},
    )
    hashed = hashed_values(frame["emails"], b"k")
    table = term_table(hashed)
    terms = Terms(frame, {"emails": table}, {"emails": hashed})
    meets = Comparison(
        "email", "false", (Level("exact", "list_has_any(emails_l, emails_r)", "emails"),)
    )
    left, right = np.triu_indices(len(held), 1)
    shared = [set(held[i]) & set(held[j]) for i, j in zip(left, right, strict=True)]
    vectors = np.array([[1 if both else 0] for both in shared], np.int8)
    found = terms.matrix((meets,), vectors, left, right)[:, 0]
    every = [value for values in held for value in values]
    for both, term in zip(shared, found, strict=True):
        if both:
            rarest = min(every.count(value) for value in both) / len(every)
            wanted = np.clip(np.log(rarest / table.mean_share), -CLIP, CLIP)
            assert abs(term - wanted) < 1e-5
        else:
            assert term == 0
