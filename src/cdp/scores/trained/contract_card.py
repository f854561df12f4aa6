"""The card of a model of contracts: what it says, from what, how well, and what it is not for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cdp.scores.trained.card import CALIBRATION, DECILES, SAYS
from cdp.scores.trained.contract_facts import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIGURES: Final = (
    ("Brier score better than tenure or base rate by", "gain"),
    ("... at least (95 %)", "gain_low"),
    ("... at most", "gain_high"),
    ("calibration slope (1 is right)", "slope"),
    ("contracts that end, off by (share)", "total"),
    ("chance that one that ended was ranked above one that did not", "auc"),
    ("past moments it was tried on", "windows"),
)


def contract_card(facts: Mapping[str, Any]) -> str:
    """Return a Markdown page about a model of contracts."""
    counts = facts["counts"]
    lines = [
        f"# {facts['score']}",
        "",
        *([facts["description"].strip(), ""] if facts["description"] else []),
        f"**{SAYS[facts['status']]}**",
        "",
        *([*(f"- {reason}" for reason in facts["reasons"]), ""] if facts["reasons"] else []),
        "| | |",
        "| --- | --- |",
        f"| says | {facts['what']} ({facts['unit']}) |",
        f"| of | {', '.join(facts['of'])} with a running contract |",
        f"| version | `{facts['version']}` |",
        f"| looks ahead | {facts['horizon_days']} days |",
        f"| trained for | {facts['trained_at'][:10]} |",
        f"| expires | {facts['expires_at'][:10]} |",
        f"| learned from | {counts['rows']:,} contracts of {counts['customers']:,} customers |",
        f"| at | {len(facts['cut_offs'])} cut-offs; {counts['ended']:,} of them ended |",
        "| looks at | " + ", ".join(f"`{name}`" for name in FACTS) + " |",
        "",
        *_tested(facts),
        "## Limits",
        "",
        "- Learned from what happened, not from why; nothing is known of prices or competitors.",
        "- Made to order customers for attention, not to decide on credit, prices or access.",
        "- The files hold figures over all customers, nobody's rows and nobody's id.",
    ]
    return "\n".join(lines) + "\n"


def _tested(facts: Mapping[str, Any]) -> Iterator[str]:
    tested = facts.get("backtest")
    if not tested:
        return
    yield "## Tried on later moments"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for words, name in _FIGURES:
        value = tested[name]
        yield f"| {words} | {'unknown' if value is None else f'{value:.4g}'} |"
    yield ""
    yield f"![Calibration]({CALIBRATION})"
    yield ""
    yield f"![Deciles]({DECILES})"
    yield ""
