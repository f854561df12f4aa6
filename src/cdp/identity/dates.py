"""Birth dates: any common notation to ISO, and what can be trusted of them."""

from typing import Final

import polars as pl

SLASHED: Final = r"^(\d{1,2})[-/.]\s?(\d{1,2})[-/.]\s?(\d{4}|\d{2})(?:\D|$)"
PIVOT: Final = 25
MONTHS: Final = 12
NEW_YEAR_SHARE: Final = 0.02
_MONTHS: Final = """
january jan januar janvier enero gennaio janeiro januari stycznia yanvarya
february feb februar fevrier febrero febbraio fevereiro februari lutego fevralya
march mar marz maerz mars marzo marco maart marca marta
april apr avril abril aprile kwietnia aprelya
may mai mayo maggio maio mei maja maya
june jun juni juin junio giugno junho czerwca iyunya
july jul juli juillet julio luglio julho lipca iyulya
august aug aout agosto augustus sierpnia avgusta
september sep sept septembre septiembre settembre setembro wrzesnia sentyabrya
october oct oktober octobre octubre ottobre outubro pazdziernika oktyabrya okt
november nov novembre noviembre novembro listopada noyabrya
december dec dezember decembre diciembre dicembre dezembro grudnia dekabrya dez
"""
MONTH_NUMBERS: Final = {
    word: f"{number:02d}"
    for number, line in enumerate(_MONTHS.strip().splitlines(), 1)
    for word in line.split()
}


def day_first_sources(dates: pl.Expr, source: str) -> pl.Expr:
    """Return, per source, whether its `a/b/yyyy` dates show that the day comes first."""
    first = dates.str.extract(SLASHED, 1).cast(pl.Int32)
    second = dates.str.extract(SLASHED, 2).cast(pl.Int32)
    return ((first > MONTHS).sum() > (second > MONTHS).sum()).over(source)


def iso_dates(frame: pl.DataFrame) -> pl.Series:
    """Return the ISO date of every row's `value`, in Latin letters, given its flag `day_first`.

    `yyyy-00-00` for a lone year, null for what is no date. Only distinct values are visited.
    """
    distinct = frame.select("value", "day_first").unique(maintain_order=True)
    plain = distinct.with_columns(
        iso=iso_date(pl.col("value"), pl.col("day_first")),
    )
    odd = plain.filter(pl.col("iso").is_null() & pl.col("value").is_not_null())
    words = odd.with_columns(iso=_worded(pl.col("value")))
    known = pl.concat([plain.filter(pl.col("iso").is_not_null()), words])
    return frame.join(known, on=["value", "day_first"], how="left", maintain_order="left")["iso"]


def iso_date(dates: pl.Expr, is_day_first: pl.Expr) -> pl.Expr:
    """Return `yyyy-mm-dd` of a date in digits, `yyyy-00-00` for a lone year, else null.

    `a/b/yyyy` is month first unless the source says otherwise or `a` is above 12; `a.b.yyyy` is
    day first, as dotted dates are written. Two digits of a year above 25 are of the last century.
    """
    year_first = (
        r"^(\d{4})(?:[-/.]|\s?nian\s?|nyeon\s?)(\d{1,2})(?:[-/.]|\s?yue\s?|wol\s?)(\d{1,2})"
    )
    parts = [dates.str.extract(SLASHED, part) for part in (1, 2, 3)]
    first, second, year = parts
    is_dotted = dates.str.contains(r"^\d{1,2}\.\d{1,2}\.\d{2}")
    impossible_month = first.cast(pl.Int32) > MONTHS
    impossible_day = second.cast(pl.Int32) > MONTHS
    is_day = impossible_month | (~impossible_day & (is_day_first | is_dotted))
    month = pl.when(is_day).then(second).otherwise(first)
    day = pl.when(is_day).then(first).otherwise(second)
    century = pl.when(year.cast(pl.Int32) > PIVOT).then(pl.lit("19")).otherwise(pl.lit("20"))
    whole_year = pl.when(year.str.len_chars() == len("yy")).then(century + year).otherwise(year)
    compact = dates.str.extract(r"^(\d{8})(?:\D|$)", 1)
    return pl.coalesce(
        _joined(*(dates.str.extract(year_first, part) for part in (1, 2, 3))),
        _joined(whole_year, month, day),
        _joined(compact.str.slice(0, 4), compact.str.slice(4, 2), compact.str.slice(6, 2)),
        dates.str.extract(r"^(\d{4})(?:\.0|-\d{2})?$", 1) + "-00-00",
    )


def _worded(dates: pl.Expr) -> pl.Expr:
    """Return the ISO date of a date with its month in words, in any of several languages."""
    plain = dates.str.replace_all(r"(\d)(?:st|nd|rd|th)\b", "${1}").str.replace_all(
        r"[^0-9a-z]+|\b(?:de|del|of|the)\b", " "
    )
    words = plain.str.replace_all(r"\s+", " ").str.strip_chars()
    forms = (
        (r"^(\d{1,2}) ([a-z]+) (\d{4})\b", (3, 2, 1)),
        (r"^([a-z]+) (\d{1,2}) (\d{4})\b", (3, 1, 2)),
        (r"^(\d{4}) ([a-z]+) (\d{1,2})\b", (1, 2, 3)),
    )
    found = []
    for form, places in forms:
        year, month, day = (words.str.extract(form, place) for place in places)
        number = month.replace_strict(MONTH_NUMBERS, default=None, return_dtype=pl.String)
        found.append(_joined(year, number, day))
    return pl.coalesce(found)


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
