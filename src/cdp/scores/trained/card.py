"""The card of a model: what it says, of whom, from what, how well, and what it is not for.

After Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cdp.scores.predict.log import EPOCH
from cdp.scores.trained.parts import GROUP_OF, GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Facts = Mapping[str, Any]

CALIBRATION: Final = "calibration.svg"
DECILES: Final = "deciles.svg"
IMPORTANCE: Final = "importance.svg"
SAYS: Final = {
    "published": "Published: values are told.",
    "ranking_only": "Ranking only: deciles are told, no values; their level is not sure enough.",
    "insufficient_data": "Not published: too few data. RFM stands in for it.",
    "not_better_than_baseline": "Not published: no better than a plain rule. RFM stands in for it.",
    "leak_suspected": "Not published: a feature knows the future. RFM stands in for it.",
}
_MARKS: Final = {
    "shorter_backtest": "The history is too short to try the whole horizon on the past: windows "
    "of the back-test are shorter than what is said.",
    "spend_not_better_than_baseline": "What it says of money is no better than what was spent "
    "before, and is not told.",
    "spend_ranking_only": "What it says of money is good to order customers by, not as an amount.",
    "purchases_ranking_only": "Expected numbers of purchases are good to order customers by only.",
    "extrapolated": "The horizon is longer than any outcome that could be learned from; beyond "
    "it the purchase rhythm goes on as it was.",
    "no_seasonal_check": "The history is too short to have seen a season twice: nothing is known "
    "of how it does in another one.",
}


def card(facts: Facts) -> str:
    """Return a Markdown page about a model."""
    lines = [
        f"# {facts['score']}",
        "",
        *([facts["description"].strip(), ""] if facts["description"] else []),
        f"**{SAYS[facts['status']]}**",
        "",
        *([*(f"- {reason}" for reason in facts["reasons"]), ""] if facts["reasons"] else []),
        *_about(facts),
    ]
    if facts.get("backtest"):
        lines += [*_tested(facts), *_tenths(facts), *_features(facts)]
    return "\n".join([*lines, *_limits(facts)]) + "\n"


def _about(facts: Facts) -> Iterator[str]:
    counts = facts["counts"]
    yield "| | |"
    yield "| --- | --- |"
    yield f"| says | {facts['what']} ({facts['unit']}) |"
    yield f"| of | {', '.join(facts['of'])} with a purchase |"
    yield f"| method | `{facts['method']}` |"
    yield f"| version | `{facts['version']}` |"
    yield f"| looks ahead | {facts['horizon_days']} days |"
    yield f"| trained for | {facts['trained_at'][:10]} |"
    yield f"| expires | {facts['expires_at'][:10]} |"
    yield f"| period of the data | {counts['from'] or 'none'} to {counts['to'] or 'none'} |"
    yield f"| customers | {counts['customers']:,}, of these {counts['repeaters']:,} bought twice |"
    told = f"{counts['purchases']:,}, amount known of {counts['with_amount']:.0%}"
    yield f"| purchases (customer-days) | {told} |"
    trained = facts.get("forecaster")
    if trained:
        cuts = ", ".join(_date(day) for day in trained["cuts"]) or "none"
        yield f"| learned from | {trained['rows']:,} customers at cut-offs {cuts} |"
        yield f"| outcomes of | {trained['length']} days after each cut-off |"
    yield ""


def _tested(facts: Facts) -> Iterator[str]:
    tested = facts["backtest"]
    yield "## Tried on the past"
    yield ""
    yield "Each row is a moment in the past; the model learned from what lay before it alone. The"
    yield "Brier score is the mean squared error of the chance to buy: lower is better."
    yield ""
    yield from _table(
        (
            *("moment", "customers", "buyers", "Brier", "base rate", "recency x frequency"),
            *("slope", "buyers off by", "purchases off by", "money off by"),
        ),
        [_window(window) for window in tested["windows"]],
    )
    if tested["windows"]:
        yield (
            f"Over all windows the Brier score is {tested['gain']:.4f} better than that of the "
            f"{_rival(tested['rival'])} (95 % interval {tested['gain_low']:.4f} to "
            f"{tested['gain_high']:.4f}, customers drawn whole); calibration slope "
            f"{_number(tested['slope'])} (1 is right)."
        )
        yield ""
    if tested["calibration"]:
        yield f"![Calibration]({CALIBRATION})"
        yield ""


def _window(window: Facts) -> list[str]:
    season = " (a year ago)" if window["is_year_ago"] else ""
    return [
        _date(window["origin"]) + season,
        f"{window['customers']:,}",
        f"{window['buyers']:,}",
        *(_number(window[name], 4) for name in ("brier", "brier_base", "brier_table")),
        _number(window["slope"]),
        *(_off(window[f"total_{name}"]) for name in ("buyers", "purchases", "spend")),
    ]


def _tenths(facts: Facts) -> Iterator[str]:
    if not facts["tenths"]:
        return
    yield "## What each tenth brought"
    yield ""
    length = facts["backtest"]["length"]
    yield f"In the last window of {length} days, {facts['unit']}; eight in ten customers lie within"
    yield "the range."
    yield ""
    yield from _table(
        ("tenth", "customers", "said", "came", "range"),
        [
            [
                str(place),
                f"{row['customers']:,}",
                f"{row['said']:,.3g}",
                f"{row['came']:,.3g}",
                f"{row['low']:,.3g} to {row['high']:,.3g}",
            ]
            for place, row in enumerate(facts["tenths"], start=1)
        ],
    )
    yield f"![Deciles]({DECILES})"
    yield ""


def _features(facts: Facts) -> Iterator[str]:
    yield "## What it looks at"
    yield ""
    names = facts["forecaster"]["names"]
    rows = []
    for group in GROUPS:
        mine = ", ".join(f"`{n}`" for n in names if GROUP_OF.get(n, "rhythm") == group)
        moved = facts["importance"].get(group)
        rows.append([group, mine, "unknown" if moved is None else f"{moved:+.4g}"])
    yield from _table(("group", "features", "error grows by, when shuffled"), rows)
    if facts["importance"]:
        yield f"![Importance]({IMPORTANCE})"
        yield ""
    yield "Left out: everything about a person but their purchases (age, gender, address, name,"
    yield "consents, what they opened or clicked), and every field that is only known as of now."
    yield ""


def _limits(facts: Facts) -> Iterator[str]:
    yield "## Limits"
    yield ""
    for mark in facts["marks"]:
        yield f"- {_MARKS.get(mark, mark.replace('_', ' ') + '.')}"
    yield "- The past cannot warn of a season, a price or a competitor it has not seen; once the"
    yield "  horizon has passed, `cdp score list` tells whether the numbers came true."
    yield "- Profiles are those of today: that two records are one customer may have been learned"
    yield "  after a cut-off."
    yield "- Made to order customers for attention, not to decide on credit, prices or access."
    yield "- The files hold figures over all customers, nobody's rows and nobody's id."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _rival(name: str) -> str:
    return {"table": "recency x frequency table", "base": "base rate"}[name]


def _date(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()


def _number(value: float | None, digits: int = 2) -> str:
    return "unknown" if value is None else f"{value:.{digits}f}"


def _off(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.0%}"
