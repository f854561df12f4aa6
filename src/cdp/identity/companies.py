"""Company names: legal words away, tokens, and the keys that find spellings of one name."""

from typing import Final

import polars as pl

from cdp.identity.words import alphanumeric, tokens, without_words

LEGAL: Final = frozenset(
    [
        "inc",
        "incorporated",
        "llc",
        "ltd",
        "limited",
        "co",
        "corp",
        "corporation",
        "company",
        "plc",
        "gmbh",
        "ag",
        "sa",
        "bv",
        "nv",
        "lp",
        "llp",
        "pc",
        "the",
        "and",
        "of",
        "kg",
        "se",
        "srl",
        "spa",
        "oy",
        "ab",
        "as",
        "aps",
        "sarl",
        "mbh",
        "ohg",
        "ug",
        "pty",
        "kk",
    ]
)


def company_columns(company: pl.Series) -> pl.DataFrame:
    """Return `company` (words that matter), its tokens and blocking keys, one row per row."""
    plain = alphanumeric(pl.col("company").str.replace_all("['.]", ""))
    words = pl.coalesce(without_words(plain, LEGAL), plain)
    named = company.to_frame("company").select(company=words, company_tokens=tokens(words))
    return named.with_columns(
        company_6=pl.col("company").str.replace_all(" ", "").str.slice(0, 6),
        company_sorted=pl.col("company_tokens").list.join(" "),
        company_rare=_rarest_token(named["company_tokens"]),
    )


def _rarest_token(lists: pl.Series) -> pl.Series:
    """Return each list's least frequent token that occurs more than once, ties by spelling."""
    words = lists.to_frame("token").with_row_index("row").explode("token").drop_nulls("token")
    counted = words.with_columns(seen=pl.len().over("token"))
    ranked = counted.with_columns(
        rank=pl.when(pl.col("seen") > 1).then(pl.col("seen")).otherwise(len(lists) + 1)
    )
    rarest = ranked.sort("row", "rank", "token").group_by("row", maintain_order=True).first()
    rows = pl.DataFrame({"row": range(len(lists))}, schema={"row": pl.UInt32()})
    joined = rows.join(rarest, on="row", how="left", maintain_order="left")
    return joined["token"]
