"""The verdict on an arriving record, all candidates considered."""

import pytest

from cdp.realtime.answer import Candidate, Nearest, Verdict, decided


def _candidate(weight: float) -> Candidate:
    verdict: Verdict = "match" if weight > 0 else "possible" if weight > -2.9 else "none"
    nearest = Nearest("crm:1", weight, 0.5, (), "namesakes", 1.0)
    return Candidate("profile", "P-1", verdict, weight, 0.5, 1, nearest)


@pytest.mark.parametrize(
    ("weights", "verdict"),
    [
        ([], "none"),
        ([0.1], "match"),
        ([-1.0], "possible"),
        ([-9.0], "none"),
        ([5.0, 5.0], "possible"),
        ([5.0, 4.0, 4.0], "possible"),
        ([5.0, 4.0], "match"),
        ([20.0, 5.0, -3.0], "match"),
        ([3000.0, 2999.0], "match"),
    ],
)
def test_the_best_is_a_match_if_likelier_than_all_others(
    weights: list[float], verdict: Verdict
) -> None:
    assert decided([_candidate(weight) for weight in weights]) == verdict
