"""Countries, languages, currencies: names and codes become the standard's code."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from phonenumbers.geodata.locale import LOCALE_DATA

from cdp.canonical.clean.outcome import Outcome, bad

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
_LANGUAGES: Final = """
aa ab af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia
id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo
lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl
ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk
tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_LANGUAGE_CODES: Final = frozenset(_LANGUAGES.split())
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
_CURRENCIES: Final = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF
KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR
MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG
SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU
UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
"""
_CURRENCY_CODES: Final = frozenset(_CURRENCIES.split())
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
    return (
        Outcome(code) if code in _LANGUAGE_CODES else bad("unknown_language", "no ISO 639-1 code")
    )


def clean_currency(text: str, hint: str = "") -> Outcome:
    """Return the ISO 4217 code of a currency's code or sign."""
    del hint
    word = text.strip()
    code = _SYMBOLS.get(word.lower(), word.upper())
    return Outcome(code) if code in _CURRENCY_CODES else bad("unknown_currency", "no ISO 4217 code")
