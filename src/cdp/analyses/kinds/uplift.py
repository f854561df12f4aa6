"""Uplift: what activation of a segment made of its members, against those held out of it.

The measure is that of `cdp segment uplift`, with the same arms and intervals; here it is kept in
gold, drawn, and made for every segment with a control group where none is named.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

import polars as pl
from pydantic import AwareDatetime, Field, field_validator, model_validator

from cdp.analyses.analysis import KINDS, Analysis, AnalysisDefinition, Finding
from cdp.errors import UnknownNameError
from cdp.model.tables import BY_NAME
from cdp.segments.known import known
from cdp.segments.scope import EVENT_TIMES
from cdp.segments.uplift import Question, TooFewError, arms, uplift

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.segments.known import Known
    from cdp.segments.uplift import Arm, Interval, Uplift
    from cdp.settings import Workspace
    from cdp.stage import Run
    from cdp.store import Warehouse

_TABLE: Final = "gold.analysis_uplift"
_BEGAN: Final = "select min(h.at) from gold.segment_history as h where h.segment = $segment"
_DRAWN: Final = f"""
select segment, campaign, rate_difference, rate_low, rate_high
from {_TABLE}
where analysis = $analysis and rate_difference is not null
order by segment, campaign
"""  # noqa: S608 - our own names


class UpliftAnalysis(AnalysisDefinition):
    """Uplift of segments by their control groups."""

    segment: str | None = Field(
        None, description="the segment; default: each that has a control group"
    )
    campaign: str | None = Field(
        None, description="a campaign of the segment's `control`; default: the segment itself"
    )
    outcome: str = Field(
        "order", description="event that counts: order, cart, interaction.email_clicked, ..."
    )
    since: AwareDatetime | None = Field(
        None,
        description="when it began: who was in the segment then counts; a date or a moment (UTC); "
        "default: where the history of the segment begins",
    )
    until: AwareDatetime | None = Field(
        None, description="the read-out, fixed beforehand; default: the moment of the run"
    )

    @field_validator("since", "until", mode="before")
    @classmethod
    def _in_utc(cls, given: object) -> object:
        """Read a date, or a moment that does not say where, as one of UTC."""
        if isinstance(given, str):
            try:
                given = datetime.fromisoformat(given)
            except ValueError:
                msg = f"{given!r} is no ISO 8601 date or moment, such as 2026-06-01"
                raise ValueError(msg) from None
        if hasattr(given, "year") and not isinstance(given, datetime):
            given = datetime.combine(given, datetime.min.time())  # type: ignore[arg-type]
        if isinstance(given, datetime):
            return given.replace(tzinfo=given.tzinfo or UTC).astimezone(UTC)
        return given

    @field_validator("outcome")
    @classmethod
    def _is_event(cls, given: str) -> str:
        kind, _, type_ = given.partition(".")
        if kind not in EVENT_TIMES or (type_ and kind != "interaction"):
            msg = f"known: {', '.join(sorted(EVENT_TIMES))}, interaction.<type>"
            raise ValueError(msg)
        return given

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.campaign is not None and self.segment is None:
            msg = "`campaign` is one of a segment: name its `segment` too"
            raise ValueError(msg)
        if self.since is not None and self.until is not None and self.since >= self.until:
            msg = "`until` is the read-out: it comes after `since`"
            raise ValueError(msg)
        return self


def find(run: Run, name: str, definition: UpliftAnalysis) -> Finding:
    """Measure the segment, or each with a control group.

    Raises:
        UnknownNameError: there is no such segment, or no such campaign of it.
        ConfigError: the segment has no control group.
    """
    until = definition.until or run.as_of
    if until > run.as_of:
        why = (
            f"the read-out is on {until:%Y-%m-%d}, and it is {run.as_of:%Y-%m-%d}: who looks "
            "before it, and stops when it looks well, finds what is not there"
        )
        return Finding("insufficient_data", (why,), {"segments": 0})
    segments = _chosen(run.workspace, definition)
    found, missing = [], []
    for segment in segments:
        try:
            found.append(_measured(run.warehouse, segment, definition, until))
        except TooFewError as error:
            missing.append(str(error))
    counts = {"segments": len(segments), "measured": len(found)}
    if not found:
        none = ("no segment has a control group; give one `control: {share: 0.1}`",)
        return Finding("insufficient_data", tuple(missing) or none, counts)
    run.warehouse.drop("temp.segment_arm")
    run.warehouse.insert(_TABLE, _rows(name, definition.campaign, found))
    marks = {mark for one in found for mark in one.marks}
    marks |= set() if definition.until else {"read_out_not_fixed"}
    words = tuple(sentence for one in found for sentence in _worded(one, definition.campaign))
    return Finding("found", (*words, *missing), counts, tuple(sorted(marks)))


def check(workspace: Workspace, definition: UpliftAnalysis) -> None:
    """See that the segments are there, and have the control group that is asked about.

    Raises:
        UnknownNameError: there is no such segment, or no such campaign of it.
        ConfigError: the segment has no control group.
    """
    for segment in _chosen(workspace, definition):
        arms(segment, definition.campaign)


def _chosen(workspace: Workspace, definition: UpliftAnalysis) -> list[Known]:
    segments = known(workspace)
    if definition.segment is None:
        return [one for one in segments.values() if one.definition.control is not None]
    if definition.segment not in segments:
        kind = "segment"
        raise UnknownNameError(kind, definition.segment, sorted(segments))
    return [segments[definition.segment]]


def _measured(
    warehouse: Warehouse, segment: Known, definition: UpliftAnalysis, until: datetime
) -> Uplift:
    salt, held_out = arms(segment, definition.campaign)
    since = definition.since
    if since is None:
        began = warehouse.query(_BEGAN, segment=segment.name).item()
        since = began.replace(tzinfo=UTC) if began else until
    if since >= until:
        msg = f"segment {segment.name!r} begins on {since:%Y-%m-%d}: no time has passed since then"
        raise TooFewError(msg)
    question = Question(segment.name, salt, held_out, definition.outcome, since, until)
    return uplift(warehouse, question)


def _rows(name: str, campaign: str | None, found: list[Uplift]) -> pl.DataFrame:
    rows = [
        {
            "analysis": name,
            "segment": one.question.segment,
            "campaign": campaign or "",
            "outcome": one.question.outcome,
            "since": one.question.since.replace(tzinfo=None),
            "until": one.question.until.replace(tzinfo=None),
            **_arm("treated", one.treated),
            **_arm("control", one.control),
            **_interval("rate", one.rate, "rate_difference"),
            **_interval("spend", one.spend, "spend_difference"),
            **_interval("additional", one.additional, "additional"),
            "sample_ratio_p": one.sample_ratio_p,
            "marks": list(one.marks),
        }
        for one in found
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return frame.select(
        pl.col(c.name).cast(pl.Float64) if c.type == "double" else c.name
        for c in BY_NAME[_TABLE].columns
    ).with_columns(pl.col("marks").cast(pl.List(pl.String)))


def _arm(name: str, arm: Arm) -> dict[str, Any]:
    return {
        name: arm.members,
        f"{name}_responders": arm.responders,
        f"{name}_rate": arm.rate,
        f"{name}_spend": arm.mean,
    }


def _interval(name: str, found: Interval | None, value: str) -> dict[str, float | None]:
    if found is None:
        return {value: None, f"{name}_low": None, f"{name}_high": None}
    return {value: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _worded(found: Uplift, campaign: str | None) -> Iterator[str]:
    asked, treated, control = found.question, found.treated, found.control
    what = f"{asked.segment}, {campaign}" if campaign else asked.segment
    yield (
        f"{what}: from {asked.since:%Y-%m-%d} to {asked.until:%Y-%m-%d}, {treated.rate:.2%} of "
        f"{treated.members:,} members and {control.rate:.2%} of {control.members:,} held out did "
        f"`{asked.outcome}`"
    )
    if found.rate is None:
        yield (
            f"{what}: the arms are not as they were drawn (p = {found.sample_ratio_p:.2g}): "
            "something else than the hash has parted them, and nothing can be concluded"
        )
        return
    shown = "shows a difference" if found.rate.low > 0 or found.rate.high < 0 else "may be chance"
    yield f"{what}: {_told(found.rate, 100)} percentage points, which {shown}"
    if found.additional is not None:
        yield f"{what}: members who would not have without it: {_told(found.additional)}"
    if found.spend is not None:
        doubt = " (unstable: under 100 buyers held out)" if found.marks else ""
        yield f"{what}: {_told(found.spend)} spent by member more{doubt}"


def _told(found: Interval, times: float = 1) -> str:
    value, low, high = (round(x * times, 2) for x in (found.value, found.low, found.high))
    return f"{value:+,.2f} ({low:+,.2f} to {high:+,.2f})"


def draw(warehouse: Warehouse, name: str) -> Mapping[str, bytes]:
    """Return the differences of rates with their intervals; none where no arms were as drawn."""
    from cdp.analyses import pictures  # noqa: PLC0415 - matplotlib is slow to import

    rows = [
        (f"{segment}, {campaign}" if campaign else segment, *(100 * x for x in difference))
        for segment, campaign, *difference in warehouse.query(_DRAWN, analysis=name).rows()
    ]
    if not rows:
        return {}
    unit = "percentage points more than without, with 95 % interval"
    return {"uplift.svg": pictures.differences(rows, unit, "Uplift")}


KINDS.add("uplift", Analysis("uplift", UpliftAnalysis, (_TABLE,), find, draw, check=check))
