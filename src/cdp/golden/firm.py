"""Keys under which the names of one company, and of companies of one brand, are equal.

Invariant: keys are a pure function of the name; legal forms, capitals, marks and the alphabet
make no difference.
"""

from __future__ import annotations

import re

import polars as pl
from anyascii import anyascii

_WORD = re.compile(r"[a-z0-9]+")
# a legal form is one word once its dots and spaces are gone
_DOTS = re.compile(r"(?<=\b[a-z])\.\s?(?=[a-z]\b)")
_LEGAL_FORMS = """
ab ad ae ag aps as asa bv bvba cia co company corp corporation doo dooel eg ek eood epe ev eurl
gbr gmbh ggmbh inc incorporated kft kg kgaa lda limited llc llp lp ltd ltda mbh nv nyrt ohg ood oy
oyj plc pllc pty pvt sa sarl sas sasu sca scs scop se sl slu snc spa spj spk sp spzoo srl sro ug
vof zoo zrt und and et z o
"""
_LEGAL = frozenset(_LEGAL_FORMS.split())
_HEAD_WORDS = "holding holdings group gruppe groupe groep grupo gruppo grupa"
_HEADS = frozenset(_HEAD_WORDS.split())
# words that many companies begin with: the brand is the next one too
_COMMON_WORDS = """
the la le les el il der die das de het hotel hotels restaurant cafe bar pizzeria auto garage haus
house maison casa studio praxis dr st saint san santa new nova euro inter international national
global general united american british deutsche german royal city first best super mega group
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_SHORTEST_BRAND = 4


def keys(names: pl.DataFrame) -> pl.DataFrame:
    """Return each distinct `name` with `name_key`, `brand` and whether it `is_head` of a group.

    `brand` is null where the name has no word that tells it from others.
    """
    distinct = names["name"].drop_nulls().unique().sort()
    rows = [(name, *_parsed(name)) for name in distinct]
    schema = {"name": pl.String, "name_key": pl.String, "brand": pl.String, "is_head": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _parsed(name: str) -> tuple[str, str | None, bool]:
    words = _words(name)
    return " ".join(words), _brand(words), bool(_HEADS & set(words))


def _words(name: str) -> list[str]:
    plain = _DOTS.sub("", anyascii(name).lower())
    words = _WORD.findall(plain)
    return [word for word in words if word not in _LEGAL] or words


def _brand(words: list[str]) -> str | None:
    rest = [word for word in words if word not in _HEADS]
    for place, word in enumerate(rest):
        if word not in _COMMON and not word.isdigit():
            brand = "".join(rest[: place + 1])
            return brand if len(brand) >= _SHORTEST_BRAND else None
    return None
