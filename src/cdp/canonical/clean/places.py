"""Countries, languages, currencies: names and codes become the standard's code."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from phonenumbers.geodata.locale import LOCALE_DATA

from cdp.canonical.clean.outcome import Outcome, bad
from cdp.model.codes import CURRENCIES, LANGUAGES

# ISO 3166-1 alpha-3 of the countries that sources write so, with the alpha-2 code behind it.
_ALPHA_3: Final = """
AREAE ARGAR AUSAU AUTAT BELBE BGRBG BRABR CANCA CHECH CHLCL CHNCN COLCO CYPCY CZECZ DEUDE DNKDK
EGYEG ESPES ESTEE FINFI FRAFR GBRGB GRCGR HKGHK HRVHR HUNHU IDNID INDIN IRLIE ISLIS ISRIL ITAIT
JPNJP KORKR LIELI LTULT LUXLU LVALV MARMA MEXMX MLTMT MYSMY NGANG NLDNL NORNO NZLNZ PERPE PHLPH
PAKPK POLPL PRTPT ROURO RUSRU SAUSA SGPSG SRBRS SVKSK SVNSI SWESE THATH TUNTN TURTR TWNTW UKRUA
USAUS VNMVN ZAFZA
"""
_ALSO_COUNTRIES: Final = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "usa": "US",
    "united states of america": "US",
    "america": "US",
    "holland": "NL",
    "the netherlands": "NL",
    "czech republic": "CZ",
    "el": "GR",
}
_ALSO_LANGUAGES: Final = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "italian": "it",
    "italiano": "it",
    "dutch": "nl",
    "nederlands": "nl",
    "polish": "pl",
    "polski": "pl",
    "portuguese": "pt",
    "greek": "el",
    "bulgarian": "bg",
    "iw": "he",
    "in": "id",
    "ji": "yi",
}
_SYMBOLS: Final = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "zł": "PLN"}
_NOT_LETTERS: Final = re.compile(r"[^\w]+")


@cache
def _countries() -> dict[str, str]:
    """Return the alpha-2 code by code and by name in every language of the phone library."""
    names: dict[str, str] = {}
    for code, by_language in sorted(LOCALE_DATA.items()):
        for name in by_language.values():
            if not name.startswith("*"):
                names.setdefault(_folded(name), code)
    codes = {code.lower(): code for code in LOCALE_DATA}
    three = {pair[:3].lower(): pair[3:] for pair in _ALPHA_3.split()}
    return names | codes | three | _ALSO_COUNTRIES


def _folded(text: str) -> str:
    return " ".join(_NOT_LETTERS.sub(" ", text.casefold()).split())


@lru_cache(maxsize=65536)
def clean_country(text: str, hint: str = "") -> Outcome:
    """Return the ISO 3166-1 alpha-2 code of a country's code or name."""
    del hint
    found = _countries().get(_folded(text))
    return Outcome(found) if found else bad("unknown_country", "no country's code or name")


def clean_language(text: str, hint: str = "") -> Outcome:
    """Return the ISO 639-1 code of a language; of a locale (`fr_FR`), its language."""
    del hint
    word = text.strip().casefold()
    word = _ALSO_LANGUAGES.get(word, re.split(r"[-_]", word)[0])
    code = _ALSO_LANGUAGES.get(word, word)
    return Outcome(code) if code in LANGUAGES else bad("unknown_language", "no ISO 639-1 code")


def clean_currency(text: str, hint: str = "") -> Outcome:
    """Return the ISO 4217 code of a currency's code or sign."""
    del hint
    word = text.strip()
    code = _SYMBOLS.get(word.lower(), word.upper())
    return Outcome(code) if code in CURRENCIES else bad("unknown_currency", "no ISO 4217 code")
