"""Explanations as sentences and sums, for people who do not read match weights every day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cdp.identity.wording import in_words
from cdp.steward.graph import records_along

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PRIOR: Final = "prior"
INNOCENT: Final = "innocent"
_NOTHING: Final = 0.05
_DECIDED: Final = {
    "must_link": "decided by a steward: they must be one",
    "cannot_link": "decided by a steward: they must stay apart",
    "related": "decided by a relationship: a source relates one to the other, so they are two",
    "visitor": "decided by the device: nobody else signed in on it",
    "model": "decided by the model",
}


def label(term: Mapping[str, Any], edge: Mapping[str, Any]) -> str:
    """Return what a term of a pair's match weight stands for, such as `given name: exact`."""
    if term["comparison"] == INNOCENT:
        if abs(term["weight"]) < _NOTHING:
            return "innocent explanations: none but chance"
        share = edge.get("innocent_share")
        told = f" ({share:.0%})" if share is not None else ""
        return f"innocent explanations: {edge.get('innocent') or 'none'}{told}"
    if term["comparison"] == PRIOR:
        return "two records taken at random"
    name = in_words(term["comparison"])
    return f"{name}: {term['level'].replace('_', ' ')}" if term["level"] else name


def terms(edge: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the terms of a pair in the order they are told: they add up to the match weight."""
    weights = edge["weights"]
    ends = {PRIOR: -1, INNOCENT: 1}
    ordered = sorted(
        weights,
        key=lambda t: (ends.get(t["comparison"], 0), -abs(t["weight"]), t["comparison"]),
    )
    return [(label(term, edge), float(term["weight"])) for term in ordered]


def pair_sentences(edge: Mapping[str, Any]) -> list[str]:
    """Return a pair as a sum, one line a term."""
    lines = [f"{edge['record_l']} and {edge['record_r']}: {_outcome(edge)}"]
    lines += [f"  {weight:+7.1f}  {text}" for text, weight in terms(edge)]
    lines.append(f"  {'=':>1}{edge['match_weight']:+6.1f}  probability {chance(edge)}")
    return lines


def chance(edge: Mapping[str, Any]) -> str:
    """Return the probability of a pair with as many digits as it is known to."""
    return percent(float(edge["probability"]))


def percent(probability: float) -> str:
    """Return a probability in per cent, never rounded to certainty."""
    shown = f"{probability:.1%}"
    if shown == "100.0%":
        return "over 99.9%"
    return "under 0.1%" if shown == "0.0%" else shown


def comparison_sentences(found: Mapping[str, Any]) -> list[str]:
    """Return why two are one or not, what decided it, and their strongest pair as a sum."""
    lines = list(verdict(found))
    telling = found["edges"][0] if found["edges"] else found["weakest"]
    return [*lines, *(pair_sentences(telling) if telling else ())]


def verdict(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield whether the two of an explanation (as a document) are one, and what decided it."""
    one, other = found["one"], found["other"]
    if found["is_one"]:
        yield f"{one['reference']} and {other['reference']} are one: {one['profile_id']}"
    else:
        yield (
            f"{one['reference']} ({one['profile_id']}) and {other['reference']} "
            f"({other['profile_id']}) are two"
        )
    yield _DECIDED.get(found["decided_by"], _DECIDED["model"])
    if found["tie"] is not None:
        yield tie_sentence(found["tie"])
    for said in found["decisions"]:
        claim = "are one" if said["verdict"] == "must_link" else "are not one"
        why = f": {said['reason']}" if said.get("reason") else ""
        yield (
            f"decision {said['decision_id']}: {said['actor']} said on {said['decided_at'][:10]} "
            f"that they {claim}{why}"
        )
    if len(found["path"]) > 1 and found["one"]["record"] is not None:
        along = " - ".join(records_along(found["path"], found["one"]["record"]))
        thin = found["weakest"]
        yield (
            f"they hang together through {along}; the weakest pair is {thin['record_l']} and "
            f"{thin['record_r']} ({thin['match_weight']:+.1f})"
        )
    if not found["edges"]:
        yield "no pair between them was close enough to be kept"


def tie_sentence(tie: Mapping[str, Any]) -> str:
    """Return what all pairs of two clusters say in words."""
    pairs, pooled = f"all {tie['pairs']} pairs of their records", tie["pooled_weight"]
    said = f"mean weight {tie['mean_weight']:+.1f} over {pairs}"
    if pooled is not None:
        said = f"{pairs} together say {pooled:+.1f}"
    return f"{said} ({tie['scored']} close enough to be kept), chance {percent(tie['chance'])}"


def _outcome(edge: Mapping[str, Any]) -> str:
    by = str(edge["decided_by"]).replace("_", "-")
    return f"{'joined' if edge['decided'] else 'kept apart'} by {by}"
