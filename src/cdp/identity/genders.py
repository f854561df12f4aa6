"""Gender in one letter, whatever the language it was written in."""

from typing import Final

import polars as pl

_WORDS: Final = {
    "m": "m male man mann mr herr maennlich mannlich homme masculin masculino maschio hombre h "
    "mezczyzna muzhskoy muzhchina muz uomo",
    "f": "f female woman w weiblich frau femme feminin femenino feminino femmina mujer mulher "
    "donna k kobieta kvinna kvinde zhenskiy zhenshchina zena vrouw mrs ms",
}
LETTERS: Final = {word: letter for letter, words in _WORDS.items() for word in words.split()}


def gender_letter(gender: pl.Series) -> pl.Series:
    """Return `m` or `f`, else the first letter; null for no text. The text is Latin already."""
    text = pl.col("gender").str.strip_chars(" .")
    letter = text.replace_strict(LETTERS, default=text.str.slice(0, 1), return_dtype=pl.String)
    return gender.to_frame("gender").select(pl.when(text != "").then(letter).alias("gender"))[
        "gender"
    ]
