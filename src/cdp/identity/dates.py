"""Birth dates: any common notation to ISO, and what can be trusted of them."""

from typing import Final

import polars as pl

SLASHED: Final = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
MONTHS: Final = 12
WORDED: Final = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%Y %b %d")
NEW_YEAR_SHARE: Final = 0.02


def day_first_sources(dates: pl.Expr, source: str) -> pl.Expr:
    """Return, per source, whether its `a/b/yyyy` dates show that the day comes first."""
    first = dates.str.extract(SLASHED, 1).cast(pl.Int32)
    second = dates.str.extract(SLASHED, 2).cast(pl.Int32)
    return ((first > MONTHS).sum() > (second > MONTHS).sum()).over(source)


def iso_date(dates: pl.Expr, is_day_first: pl.Expr) -> pl.Expr:
    """Return `yyyy-mm-dd`, `yyyy-00-00` for a lone year, null for what is no date.

    `a/b/yyyy` is month first unless the source says otherwise or `a` is above 12; `a.b.yyyy` is
    day first, as dotted dates are written.
    """
    year_first = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    first, second = dates.str.extract(SLASHED, 1), dates.str.extract(SLASHED, 2)
    is_dotted = dates.str.contains(r"^\d{1,2}\.\d{1,2}\.\d{4}")
    impossible_month = first.cast(pl.Int32) > MONTHS
    impossible_day = second.cast(pl.Int32) > MONTHS
    is_day = impossible_month | (~impossible_day & (is_day_first | is_dotted))
    month = pl.when(is_day).then(second).otherwise(first)
    day = pl.when(is_day).then(first).otherwise(second)
    compact = dates.str.extract(r"^(\d{8})(?:\D|$)", 1)
    worded = dates.str.replace_all(r"[^0-9a-z]+", " ").str.strip_chars()
    return pl.coalesce(
        _joined(*(dates.str.extract(year_first, part) for part in (1, 2, 3))),
        _joined(dates.str.extract(SLASHED, 3), month, day),
        _joined(compact.str.slice(0, 4), compact.str.slice(4, 2), compact.str.slice(6, 2)),
        dates.str.extract(r"^(\d{4})(?:\.0)?$", 1) + "-00-00",
        *(worded.str.to_date(form, strict=False).cast(pl.String) for form in WORDED),
    )


def _joined(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    return year + "-" + month.str.zfill(2) + "-" + day.str.zfill(2)


def is_year_only_habit(birth_date: pl.Series) -> bool:
    """Return whether 1 January is so frequent that it must stand for an unknown day."""
    known = birth_date.drop_nulls()
    return int(known.str.ends_with("-01-01").sum()) > NEW_YEAR_SHARE * len(known)


def date_columns(birth_date: pl.Expr, *, year_only: bool) -> dict[str, pl.Expr]:
    """Return the date with its parts; month and day are null where only the year is known."""
    is_vague = birth_date.str.ends_with("-00-00")
    if year_only:
        is_vague = is_vague | birth_date.str.ends_with("-01-01")
    return {
        "birth_date": birth_date,
        "birth_vague": is_vague.fill_null(value=False),
        "birth_year": birth_date.str.slice(0, 4),
        "birth_month": pl.when(~is_vague).then(birth_date.str.slice(5, 2)),
        "birth_day": pl.when(~is_vague).then(birth_date.str.slice(8, 2)),
    }
