"""The card of a forecast in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cdp.scores.predict.door import ForecastReport

WORDS: Final = {
    "published": "published: better than the naive forecast in the past, and calibrated",
    "ranking_only": "ranking only: who is likelier is known, how likely is not",
    "insufficient_data": "refused, too little data: the numbers written are naive ones",
    "not_better_than_baseline": "refused, no better than naive: the numbers written are naive ones",
    "leak_suspected": "refused, a feature knows too much: the numbers written are naive ones",
}
MARKS: Final = {
    "extrapolated": "the horizon is longer than what could be learned from; carried on with the "
    "purchase rhythm",
    "shorter_backtest": "the past is too short to try the whole horizon; shorter ones were tried",
    "no_seasonal_check": "no season was seen twice, so a seasonal break cannot be noticed",
}
_LEFT_OUT: Final = {"later": "after --until", "without customer": "without a customer"}


def card(report: ForecastReport) -> list[str]:
    """Return the lines of the card: data, training, gate, calibration, seconds."""
    data, training = report.data, report.training
    left = ", ".join(f"{n:,} {_LEFT_OUT.get(why, why)}" for why, n in data["left_out"].items())
    return [
        f"Forecast of {report.horizon_days} days from {report.until}: {WORDS[report.status]}",
        *(f"  {reason}" for reason in report.reasons),
        *(f"  {mark}: {_mark(mark)}" for mark in report.marks),
        "",
        f"Data: {data['rows']:,} rows; left out: {left or 'none'}",
        (
            f"  {report.customers:,} customers, {data['purchase_days']:,} days of purchase, "
            f"{data['repeaters']:,} customers bought on two days or more"
        ),
        (
            f"  from {data['first_day']} to {data['last_day']}; "
            f"{data['with_amount']:.0%} of the purchases with an amount"
        ),
        "  columns: " + ", ".join(f"{k} = {v}" for k, v in data["columns"].items()),
        *(f"  {note}" for note in data["notes"]),
        "",
        (
            f"Training: {training['rows']:,} customers at {len(training['cut_offs'])} cut-offs, "
            f"{training['days_ahead']} days ahead of each"
        ),
        "",
        *_gate(report.gate),
        "",
        "Expected in all: " + _totals(report.totals),
        "Took " + ", ".join(f"{name} {value:.1f} s" for name, value in report.seconds.items()),
        f"Wrote {report.out}",
    ]


def _mark(mark: str) -> str:
    if mark in MARKS:
        return MARKS[mark]
    what, _, verdict = mark.partition("_")
    return f"expected {what}: {WORDS.get(verdict, verdict)}"


def _totals(totals: dict[str, float | None]) -> str:
    return ", ".join(f"{v:,.0f} {name}" for name, v in totals.items() if v is not None)


def _gate(gate: dict[str, Any]) -> list[str]:
    if not gate["windows"]:
        return ["Back-test: the history is too short for one"]
    low, high = gate["brier_gain_interval"]
    rival = {"table": "recency x frequency table", "base": "base rate"}[gate["rival"]]
    head = f"{'from':<12}{'customers':>10}{'buyers':>8}{'Brier':>8}{'table':>8}{'base':>8}"
    return [
        f"Back-test, windows of {gate['days']} days:",
        f"  {head}{'slope':>7}{'buyers':>8}{'purch.':>8}{'spend':>8}",
        *(f"  {_window(row)}" for row in gate["windows"]),
        (
            f"  Brier gain over the {rival}: {gate['brier_gain']:.4f} "
            f"(95 % {low:.4f} to {high:.4f}); calibration slope {gate['slope']:.2f}"
        ),
        "  said and came, by tenth: "
        + ", ".join(f"{r['said']:.2f}/{r['came']:.2f}" for r in gate["calibration"]),
    ]


def _window(row: dict[str, Any]) -> str:
    spend = row["total_spend"]
    said = f"{spend:>+8.0%}" if spend is not None else f"{'':>8}"
    return (
        f"{row['origin']!s:<12}{row['customers']:>10,}{row['buyers']:>8,}"
        f"{row['brier']:>8.4f}{row['brier_table']:>8.4f}{row['brier_base']:>8.4f}"
        f"{row['slope']:>7.2f}{row['total_buyers']:>+8.0%}{row['total_purchases']:>+8.0%}{said}"
        + ("  a year ago" if row["year_ago"] else "")
    )
