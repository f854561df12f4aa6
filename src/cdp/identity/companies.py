"""Company names in several languages: legal words away, tokens, and keys that find spellings."""

from typing import Final

import polars as pl

from cdp.identity.numbering import in_digits, numbers
from cdp.identity.words import alphanumeric, listed, tokens, without_words

STRICT_FORMS: Final = listed(
    "inc incorporated llc ltd limited corp corporation plc gmbh mbh ohg kgaa llp pty sarl srl srls "
    "sas eurl ltda aps bvba sprl oyj ooo oao zao pao tov spzoo kft zrt doo"
)
"""Legal forms that are no person's name in any language."""
LEGAL: Final = (
    STRICT_FORMS
    | listed(
        "co company ag sa bv nv lp pc kg se spa oy ab as ug kk ek ev eg eirl sl slu cv rl nyrt"
    )
    | listed("bt ao ip ad ead ood eood asa ans hf ehf sia uab ou sro spol dd pte bhd pvt")
    | {"sa de cv", "s de rl", "sp z oo", "sp z o o", "a s", "s r o", "s a", "s l", "b v", "n v"}
    | {"e k", "e v", "s p a", "s r l", "s a s", "s a r l", "s a de c v", "g m b h", "k g", "a g"}
    | listed("the and of und et")
)
"""Words that say what form a company has, and words between others; never what it is called."""
_GLUED: Final = (
    r"zhu\s?shi\s?hui\s?she|gu\s?fen\s?you\s?xian\s?gong\s?si|you\s?xian\s?gong\s?si|"
    r"you\s?xian\s?hui\s?she|you\s?xian\s?ze\s?ren|jusighoesa|juyeonghoesa"
)
"""Legal forms of Japanese, Chinese and Korean, which no blank parts from the name."""


def company_columns(company: pl.Series) -> pl.DataFrame:
    """Return `company` (words that matter), its tokens and blocking keys, one row per row.

    `company_number` lists what numbers it: two stores of a chain differ in nothing else.
    """
    distinct = company.unique().alias("name")
    columns = _columns(distinct).with_columns(distinct)
    rows = company.to_frame("name")
    joined = rows.join(columns, on="name", how="left", maintain_order="left", nulls_equal=True)
    return joined.drop("name")


def _columns(company: pl.Series) -> pl.DataFrame:
    text = pl.col("company").str.replace_all(_GLUED, " ").str.replace_all("['.`]", "")
    plain = in_digits(alphanumeric(text))
    words = pl.coalesce(without_words(plain, LEGAL), plain)
    named = company.to_frame("company").select(company=words, company_tokens=tokens(words))
    return named.with_columns(
        company_number=numbers(pl.col("company")),
        company_6=pl.col("company").str.replace_all(" ", "").str.slice(0, 6),
        company_sorted=pl.col("company_tokens").list.join(" "),
        company_rare=pl.col("company_tokens").list.eval(_telling()).list.first(),
    )


def _telling() -> pl.Expr:
    """Return the longest token, ties by spelling: as a rule the rarest, and the same anywhere."""
    return pl.element().sort_by(
        pl.element().str.len_chars(), pl.element(), descending=[True, False], nulls_last=True
    )
