"""What activation of a segment made of its members, measured against those held out.

By assignment: everybody who was in the segment at the beginning counts in the arm that the hash
puts them in, reached or not. A rate has Newcombe's interval (Wilson's of both arms), which keeps
its 95 % where few answer; money has Welch's, which below a hundred buyers in the control group
does not, and is then marked as unstable. Where the arms are not of the sizes they were drawn
with, something else than chance has parted them, and nothing is concluded.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import erfc, sqrt
from typing import TYPE_CHECKING, Any, Final

from scipy.special import stdtrit
from sqlglot import exp

from cdp.errors import ConfigError, InputError, UnknownNameError
from cdp.model.tables import BY_NAME
from cdp.segments.control import SLOTS, slots
from cdp.segments.scope import EVENT_TIMES
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cdp.segments.known import Known
    from cdp.store import Warehouse

LEAST_BUYERS: Final = 100
"""Buyers in the control group below which an interval of money is not kept."""
_Z: Final = 1.959963984540054
_IMPROBABLE: Final = 0.001
_BOTH: Final = 2
_ARMS: Final = """
with did as (
    select
        arm.profile_id,
        arm.is_control,
        count(it.id) as events,
        coalesce(sum(it.amount), 0) as amount
    from temp.segment_arm as arm
    left join ({rows}) as it
        on it.id = arm.profile_id
    group by all
)
select
    is_control,
    count(*) as members,
    count(*) filter (events > 0) as responders,
    sum(events)::bigint as events,
    sum(amount) as amount,
    sum(amount * amount) as squares
from did
group by is_control
"""


class TooFewError(InputError):
    """An arm has not two members, so that nothing can be measured."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is measured.

    Attributes:
        segment: name of the segment.
        salt: what the arms follow from.
        slots: how many of the 10,000 slots are held out.
        outcome: kind of event (`order`), or of one type (`interaction.email_clicked`).
        since: when the campaign began: who was in the segment then counts.
        until: the read-out, fixed beforehand.
    """

    segment: str
    salt: str
    slots: int
    outcome: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: how many, how many did it, how often, and what they spent."""

    members: int
    responders: int
    events: int
    amount: float
    squares: float

    @property
    def rate(self) -> float:
        """Share of the members who did it."""
        return self.responders / self.members

    @property
    def mean(self) -> float:
        """Amount a member."""
        return self.amount / self.members

    @property
    def variance(self) -> float:
        """Variance of the amount of a member."""
        spread = self.squares - self.members * self.mean**2
        return max(spread, 0.0) / (self.members - 1)


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference, treated less control, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Uplift:
    """What was measured; without intervals where the arms are not as they were drawn.

    Attributes:
        sample_ratio_p: chance of arms so uneven, had only the hash parted them.
        rate: of members who did it.
        spend: amount a member; None where the outcome has no amount.
        additional: events' actors more than there would have been, among the treated.
        marks: what a reader must know: unstable, sample_ratio_mismatch, ...
    """

    question: Question
    treated: Arm
    control: Arm
    sample_ratio_p: float
    rate: Interval | None
    spend: Interval | None
    additional: Interval | None
    marks: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        asked = asdict(self.question) | {
            "since": self.question.since.isoformat(),
            "until": self.question.until.isoformat(),
            "share": self.question.slots / SLOTS,
        }
        del asked["slots"]
        return asked | {
            "treated": _told(self.treated),
            "control": _told(self.control),
            "sample_ratio_p": self.sample_ratio_p,
            **{
                name: asdict(found) if found is not None else None
                for name, found in (
                    ("uplift_rate", self.rate),
                    ("uplift_spend", self.spend),
                    ("additional", self.additional),
                )
            },
            "marks": list(self.marks),
        }


def arms(segment: Known, campaign: str | None = None) -> tuple[str, int]:
    """Return what the arms of a segment, or of a campaign of it, follow from: salt and slots.

    Raises:
        ConfigError: the segment has no control group.
        UnknownNameError: it has none for this campaign.
    """
    control = segment.definition.control
    if control is None:
        msg = f"segment {segment.name!r} has no control group; give it `control: {{share: 0.1}}`"
        raise ConfigError(msg)
    if campaign is None:
        return control.salt or segment.name, slots(control.share)
    if campaign not in control.campaigns:
        kind = f"campaign of segment {segment.name}"
        raise UnknownNameError(kind=kind, name=campaign, known=sorted(control.campaigns))
    one = control.campaigns[campaign]
    return one.salt or campaign, slots(one.share)


def uplift(warehouse: Warehouse, question: Question) -> Uplift:
    """Measure it on these gold tables.

    Raises:
        InputError: the outcome is no event.
        TooFewError: nobody of an arm was in the segment then.
    """
    statement = Statement.load("cdp.segments", "segment_arm")
    warehouse.make(
        statement,
        segment=question.segment,
        since=question.since,
        salt=question.salt,
        slots=question.slots,
    )
    sql, params = _outcome(question.outcome)
    times = {"since": question.since, "until": question.until}
    rows = warehouse.query(sql, **params, **times).rows()
    arms = {is_control: Arm(*rest) for is_control, *rest in rows}
    treated, control = arms.get(False), arms.get(True)
    if treated is None or control is None or min(treated.members, control.members) < _BOTH:
        first = _first(warehouse, question.segment)
        msg = (
            f"segment {question.segment!r} had not two members in both arms on "
            f"{question.since:%Y-%m-%d}; {first}"
        )
        raise TooFewError(msg)
    return _measured(question, treated, control)


def _measured(question: Question, treated: Arm, control: Arm) -> Uplift:
    chance = sample_ratio(treated.members, control.members, question.slots / SLOTS)
    if chance < _IMPROBABLE:
        marks = ("sample_ratio_mismatch",)
        return Uplift(question, treated, control, chance, None, None, None, marks)
    rate = newcombe(treated, control)
    counted = treated.members
    additional = Interval(rate.value * counted, rate.low * counted, rate.high * counted)
    spends = treated.squares + control.squares > 0
    unstable = control.responders < LEAST_BUYERS
    return Uplift(
        *(question, treated, control, chance, rate),
        spend=welch(treated, control) if spends else None,
        additional=additional,
        marks=("unstable_spend",) if unstable and spends else (),
    )


def newcombe(treated: Arm, control: Arm) -> Interval:
    """Return the difference of rates with Newcombe's hybrid score interval (1998, method 10)."""
    p, q = treated.rate, control.rate
    low_p, high_p = wilson(treated.responders, treated.members)
    low_q, high_q = wilson(control.responders, control.members)
    value = p - q
    return Interval(
        value,
        value - sqrt((p - low_p) ** 2 + (high_q - q) ** 2),
        value + sqrt((high_p - p) ** 2 + (q - low_q) ** 2),
    )


def wilson(count: int, members: int) -> tuple[float, float]:
    """Return Wilson's 95 % score interval of a rate."""
    rate, square = count / members, _Z**2
    middle = (rate + square / (2 * members)) / (1 + square / members)
    spread = _Z * sqrt(rate * (1 - rate) / members + square / (4 * members**2))
    spread /= 1 + square / members
    return middle - spread, middle + spread


def welch(treated: Arm, control: Arm) -> Interval:
    """Return the difference of means with Welch's interval (unequal variances)."""
    value = treated.mean - control.mean
    parts = [(arm.variance / arm.members, arm.members - 1) for arm in (treated, control)]
    square = sum(part for part, _ in parts)
    if square == 0:
        return Interval(value, value, value)
    freedom = square**2 / sum(part**2 / free for part, free in parts)
    spread = float(stdtrit(freedom, 0.975)) * sqrt(square)
    return Interval(value, value - spread, value + spread)


def sample_ratio(treated: int, control: int, share: float) -> float:
    """Return the chance of arms so uneven (chi-square with one degree of freedom)."""
    whole = treated + control
    expected = whole * share
    square = (control - expected) ** 2 / expected + (control - expected) ** 2 / (whole - expected)
    return erfc(sqrt(square / 2))


def _outcome(outcome: str) -> tuple[str, dict[str, object]]:
    """Return the query that counts what both arms did, and the values that it names."""
    kind, _, type_ = outcome.partition(".")
    if kind not in EVENT_TIMES or (type_ and kind != "interaction"):
        known = f"{', '.join(sorted(EVENT_TIMES))}, interaction.<type>"
        msg = f"unknown outcome {outcome!r}; known: {known}"
        raise InputError(msg)
    time = exp.column(EVENT_TIMES[kind], table="it")
    has_amount = any(c.name == "amount" for c in BY_NAME[f"gold.{kind}"].columns)
    amount = exp.column("amount", table="it") if has_amount else exp.Literal.number(0)
    ids = exp.Array(expressions=[exp.column(c, table="it") for c in ("profile_id", "account_id")])
    rows = (
        exp.select(exp.func("unnest", ids).as_("id"), exp.cast(amount, "double").as_("amount"))
        .from_(exp.table_(kind, db="gold", alias="it"))
        .where(
            exp.GT(this=time, expression=exp.cast(exp.Placeholder(this="since"), "timestamp")),
            exp.LTE(
                this=time.copy(), expression=exp.cast(exp.Placeholder(this="until"), "timestamp")
            ),
        )
    )
    params: dict[str, object] = {}
    if type_:
        rows = rows.where(exp.column("type", table="it").eq(exp.Placeholder(this="type")))
        params["type"] = type_
    if kind == "order":
        rows = rows.where(exp.column("duplicate_of", table="it").is_(exp.null()))
        rows = rows.where(exp.column("status", table="it").neq(exp.Literal.string("cancelled")))
    return _ARMS.format(rows=rows.sql("duckdb")), params


def _first(warehouse: Warehouse, segment: str) -> str:
    found = warehouse.query(
        "select min(h.at) from gold.segment_history as h where h.segment = $segment",
        segment=segment,
    ).item()
    return f"its history begins on {found:%Y-%m-%d}" if found else "it has no history yet"


def _told(arm: Arm) -> Mapping[str, float]:
    return {
        "members": arm.members,
        "responders": arm.responders,
        "rate": arm.rate,
        "events": arm.events,
        "amount": arm.amount,
        "amount_per_member": arm.mean,
    }
