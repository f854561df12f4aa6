"""Attributes beyond the schema: identifiers of other systems, and weak evidence.

An attribute is an identifier when its name or its values say so and some records share a value: a
number that no two records share identifies nobody but its own row. Two records that name the same
one agree; different ones say nothing, because a person may have several.
"""

import re
from typing import Final

import polars as pl

from cdp.identity.words import alphanumeric, listed, transliterate

IDENTIFYING: Final = listed(
    "id ids identifier no nr num number key ref reference code passport passeport reisepass iban "
    "account konto loyalty membership card karte device cookie handle twitter facebook instagram "
    "linkedin tiktok telegram skype wechat vk xing imei mac serial licence license policy guid "
    "uuid login username nickname token customerno kundennr matricule driver insurance"
)
"""Words in the names of attributes that hold identifiers."""
CODED: Final = r"^(?:[a-z]* ?\d[0-9a-z ]{5,}|[0-9a-z ]{5,}\d)$"
DATED: Final = r"^(?:19|20)\d\d \d{1,2}(?: \d{1,2}| |$)|^\d{1,2} \d{1,2} (?:19|20)\d\d"
NUMERIC: Final = r"^\d+(?: \d+)?$"
MOSTLY: Final = 0.8
NAMED_SHARE: Final = 0.1
CODED_SHARE: Final = 0.3
MIN_FILL: Final = 0.2
MIN_DISTINCT: Final = 3
MAX_DISTINCT_SHARE: Final = 0.5
MAX_COPIES: Final = 0.3
MAX_EXTRAS: Final = 6
COPY_SAMPLE: Final = 2000


def attributes(cells: pl.DataFrame) -> pl.DataFrame:
    """Return (`uid`, `key`, `value`), one value per record and key, in comparable form."""
    plain = cells.with_columns(value=transliterate(cells["value"]).str.to_lowercase())
    plain = plain.with_columns(value=alphanumeric(pl.col("value"))).drop_nulls("value")
    return plain.group_by("uid", "key").agg(pl.col("value").sort().str.join(" "))


def chosen_keys(cells: pl.DataFrame, core: pl.DataFrame) -> tuple[str, ...]:
    """Return the keys worth comparing: filled, neither constant nor unique, no copy of a field.

    Bare numbers and dates are left out: ages, counters, amounts and days of loading change from
    one system to the next, and agree by chance.
    """
    sizes = (
        cells.group_by("key")
        .agg(
            filled=pl.len(),
            distinct=pl.col("value").n_unique(),
            derived=pl.col("value").str.contains(f"{NUMERIC}|{DATED}").mean(),
        )
        .filter(
            (pl.col("filled") >= MIN_FILL * len(core))
            & (pl.col("distinct") >= MIN_DISTINCT)
            & (pl.col("distinct") <= MAX_DISTINCT_SHARE * pl.col("filled"))
            & (pl.col("derived") < MOSTLY)
        )
        .sort("key")
    )
    keys = [key for key in sizes["key"] if not _is_copy(cells.filter(pl.col("key") == key), core)]
    return tuple(keys[:MAX_EXTRAS])


def identifier_keys(cells: pl.DataFrame) -> tuple[str, ...]:
    """Return the keys whose values identify somebody, sorted; `cells` are `attributes`."""
    value = pl.col("value")
    sizes = (
        cells.group_by("key")
        .agg(
            filled=pl.len(),
            distinct=value.n_unique(),
            coded=value.str.contains(CODED).mean(),
            numeric=value.str.contains(NUMERIC).mean(),
            dated=value.str.contains(DATED).mean(),
        )
        .filter((pl.col("distinct") < pl.col("filled")) & (pl.col("dated") < MOSTLY))
        .sort("key")
    )
    share = pl.col("distinct") / pl.col("filled")
    is_named = pl.col("key").map_elements(is_identifier_name, return_dtype=pl.Boolean)
    is_coded = (pl.col("coded") > MOSTLY) & (share > CODED_SHARE)
    found = sizes.filter((is_named & (share > NAMED_SHARE)) | is_coded)
    return tuple(found["key"])


def is_identifier_name(key: str) -> bool:
    """Return whether the name of an attribute says that it identifies somebody or something."""
    return not IDENTIFYING.isdisjoint(re.findall(r"[a-z]+", _spaced(key).lower()))


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def identifiers(cells: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Return (`uid`, `value`) of these attributes, each value marked with its attribute."""
    chosen = cells.filter(pl.col("key").is_in(list(keys)))
    squeezed = pl.col("value").str.replace_all(" ", "")
    return chosen.select("uid", value=pl.col("key").str.to_lowercase() + "=" + squeezed)


def _is_copy(cells: pl.DataFrame, core: pl.DataFrame) -> bool:
    """Return whether the values are mostly a permutation of the letters of a core field."""
    sample = cells.sort("uid").head(COPY_SAMPLE).join(core, on="uid", maintain_order="left")
    value = _sorted_letters(pl.col("value"))
    same = [value == _sorted_letters(pl.col(name)) for name in core.columns if name != "uid"]
    copies = sample.select(pl.any_horizontal(same).fill_null(value=False).sum()).item()
    return bool(copies > MAX_COPIES * len(sample))


def _sorted_letters(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace_all("[^0-9a-z]", "")
    return pl.when(plain != "").then(plain.str.split("").list.sort().list.join(""))
