"""Finding out what a system has no more, where it leaves no word of deletions.

From time to time the keys that it shows are compared with those that were landed; what it does not
show any more is landed as gone. So many at once that it looks like a mistake, such as a permission
that was taken away, are not believed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl
from pydantic import Field

from cdp.errors import UnreachableError
from cdp.settings import Strict
from cdp.sources import REJECTED, ROWS, Batch
from cdp.sources.remote.walk import POSITION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cdp.sources import Opening
    from cdp.sources.remote.walk import Page

_COMPARED: Final = "absences"
"""What the position of a comparison is of."""
_FEW: Final = 100
_DIGEST: Final = hashlib.sha256(b"{}").hexdigest()


class AbsenceOptions(Strict):
    """Options of systems that leave no word of deletions."""

    compare_days: float | None = Field(
        7, ge=0, description="days after which keys are compared to find deletions; null: never"
    )
    largest_absence: float = Field(
        0.1,
        ge=0,
        le=1,
        description="share of an object's records that may be gone at once and be believed",
    )


@dataclass(frozen=True, slots=True)
class Absences:
    """The delivery of what is gone.

    Attributes:
        pages: the keys of everything that is there.
        is_dated: whether rows say when they changed. Where none does, what came last holds, and
            a moment would put the deletion above all that comes later, the row's return included.
        again: reads the keys once more, where pages are counted and a row that goes meanwhile
            hides another: only what is missing both times is gone.
    """

    opening: Opening
    object: str
    pages: Iterator[Page]
    options: AbsenceOptions
    is_dated: bool = True
    again: Callable[[], Iterator[Page]] | None = None

    @property
    def label(self) -> str:
        """What is compared."""
        return f"{self.object} compared"

    def batches(self) -> Iterator[Batch]:
        """Yield what was landed and is not there any more.

        Raises:
            UnreachableError: the system does not answer, or shows too little to be believed.
        """
        held = self.opening.held(self.object)
        gone = _missing(held, self.pages)
        if len(gone) and self.again is not None:
            gone = _missing(gone, self.again())
        if len(gone) > max(_FEW, self.options.largest_absence * len(held)):
            msg = (
                f"source {self.opening.name}: {self.object} shows {len(gone):,} of {len(held):,} "
                "records no more, which looks like a permission taken away, so all were kept; if "
                f"they were deleted, raise options.largest_absence in sources/{self.opening.name}"
                ".yaml for one run"
            )
            raise UnreachableError(msg)
        yield from gone_rows(gone, self.label, self.opening.now if self.is_dated else None)

    def positions(self) -> Mapping[str, str]:
        """Return when it was compared."""
        return {_COMPARED: self.opening.now.isoformat()}


def _missing(keys: pl.Series, pages: Iterator[Page]) -> pl.Series:
    """Return those of these keys that stand on none of these pages."""
    found = [batch.rows["native_id"] for page in pages for batch in page.batches]
    there = pl.concat(found) if found else pl.Series(dtype=pl.String)
    return keys.filter(~keys.is_in(there.implode()))


def gone_rows(gone: list[str] | pl.Series, label: str, at: datetime | None) -> list[Batch]:
    """Return what is gone as a batch, dated if `at` is when it was seen to be; none of nothing."""
    if not len(gone):
        return []
    moment = None if at is None else at.astimezone(UTC).replace(tzinfo=None)
    rows = (
        pl.DataFrame({"native_id": gone})
        .select(
            "native_id",
            pl.lit(moment).alias("changed_at"),
            pl.lit(label).alias("locator"),
            pl.lit(_DIGEST).alias("content_hash"),
            pl.lit("{}").alias("payload"),
            pl.lit(value=True).alias("is_deleted"),
        )
        .cast(ROWS)
    )
    return [Batch(rows, REJECTED.to_frame())]


def is_due(opening: Opening, name: str, options: AbsenceOptions) -> bool:
    """Return whether keys are to be compared: never with the first load, and not too often."""
    if options.compare_days is None or (name, POSITION) not in opening.cursors:
        return False
    last = opening.cursors.get((name, _COMPARED))
    age = timedelta(days=options.compare_days)
    return last is None or opening.now - datetime.fromisoformat(last) >= age
