"""What is compared, level by level: the vocabulary Splink computes comparison vectors with.

Invariant: every comparison is symmetric, and null (neutral) where either record has no value.
Levels are listed best first; Splink numbers them from the top, 0 being "none of these". The SQL
keeps to what the real-time scorer compiles: beside plain functions, lambdas over lists and the
fields of structs in them (`v.given`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cdp.identity.several import any_other_value, any_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Has = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement.

    Attributes:
        label: its name, read by people and by the classes.
        sql: when it holds, over columns `x_l`, `x_r`.
        frequency: the column whose term frequency weighs an agreement at this level.
    """

    label: str
    sql: str
    frequency: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind of evidence; `is_null` says when a pair has none of it."""

    name: str
    is_null: str
    levels: tuple[Level, ...]

    @property
    def size(self) -> int:
        """Number of levels with the bottom one."""
        return len(self.levels) + 1

    def gamma(self, label: str) -> int:
        """Return the number Splink gives the level of this label."""
        return len(self.levels) - [level.label for level in self.levels].index(label)


ALIKE: Final = 0.75
"""Jaro-Winkler floor that one or two edits never go below: cheap, it spares the edit distance."""


def _either_null(column: str) -> str:
    return f"{column}_l is null or {column}_r is null"


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _one_edit(column: str, minimum: int = 4) -> str:
    return (
        f"(least(length({column}_l), length({column}_r)) >= {minimum} "
        f"and abs(length({column}_l) - length({column}_r)) <= 1 "
        f"and {_alike(column, ALIKE)} and damerau_levenshtein({column}_l, {column}_r) <= 1)"
    )


def _alike(column: str, similarity: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {similarity}"


def _any_pair(column: str, condition: str) -> str:
    """Return SQL that is true when some value `x` on the left and `y` on the right satisfy it.

    Inside a lambda only `case` spares the expensive end of a conjunction.
    """
    lazy = f"case when {condition} then true else false end"
    inner = f"list_bool_or(list_transform({column}_r, lambda y: {lazy}))"
    return f"list_bool_or(list_transform({column}_l, lambda x: {inner}))"


def _meet(column: str) -> str:
    return f"list_has_any({column}_l, {column}_r)"


SWAPPED: Final = "(given_l = family_r and family_l = given_r and given_l <> family_l)"
_CROSSED: Final = "(given_l = family_r or family_l = given_r)"
_GIVEN_FITS: Final = (
    f"{_either_null('given')} or left(given_l, 1) = left(given_r, 1) or {_meet('nicknames')} "
    f"or {_CROSSED}"
)
_FAMILY_FITS: Final = (
    f"{_either_null('family')} or {_same('family_sound')} or {_alike('family', 0.88)} "
    f"or {_meet('family_tokens')} or {_CROSSED}"
)
"""Of two whole names: the other half is no contradiction, so that this half is of one person."""


def _given(label: str, sql: str, frequency: str | None = None) -> Level:
    return Level(label, any_value("names", sql, given_that=_FAMILY_FITS), frequency)


def _family(label: str, sql: str, frequency: str | None = None) -> Level:
    return Level(label, any_value("names", sql, given_that=_GIVEN_FITS), frequency)


GIVEN: Final = Comparison(
    "given",
    f"({_either_null('given')}) and not coalesce({_CROSSED}, false)",
    (
        _given("exact", _same("given"), "given"),
        _given("nickname", _meet("nicknames")),
        _given(
            "initial",
            "(length(given_l) = 1 or length(given_r) = 1) and left(given_l, 1) = left(given_r, 1)",
        ),
        _given("near", f"{_alike('given', 0.88)} or {_one_edit('given')}"),
        _given("crossed", _CROSSED),
        _given(
            "similar",
            f"{_same('given_sound')} or "
            "(length(given_l) > 4 and length(given_r) > 4 and left(given_l, 4) = left(given_r, 4))",
        ),
    ),
)
FAMILY: Final = Comparison(
    "family",
    f"({_either_null('family')}) or {any_value('names', SWAPPED)}",
    (
        _family("exact", _same("family"), "family"),
        _family("near", f"{_alike('family', 0.9)} or {_one_edit('family')}"),
        _family("part", _meet("family_tokens")),
        _family("similar", _same("family_sound")),
    ),
)
MIDDLE: Final = Comparison(
    "middle",
    _either_null("middle"),
    (
        Level("full", "middle_l = middle_r and length(middle_l) > 1", "middle"),
        Level("initial", _same("middle_1"), "middle_1"),
    ),
)
_FULL_DATES: Final = "not birth_vague_l and not birth_vague_r"


def _birth(label: str, sql: str, frequency: str | None = None) -> Level:
    return Level(label, any_value("birth_dates", sql), frequency)


BIRTH_DATE: Final = Comparison(
    "birth_date",
    _either_null("birth_date"),
    (
        _birth("exact", "birth_date_l = birth_date_r and not birth_vague_l", "birth_date"),
        _birth(
            "near",
            f"{_FULL_DATES} and (({_alike('birth_date', ALIKE)} "
            "and damerau_levenshtein(birth_date_l, birth_date_r) <= 1) or "
            "(birth_year_l = birth_year_r and birth_month_l = birth_day_r "
            "and birth_day_l = birth_month_r))",
        ),
        _birth(
            "two_parts",
            f"{_FULL_DATES} and ((birth_year_l = birth_year_r and (birth_month_l = birth_month_r "
            "or birth_day_l = birth_day_r)) or (birth_month_l = birth_month_r "
            "and birth_day_l = birth_day_r))",
        ),
        _birth("year", _same("birth_year")),
    ),
)
EMAIL: Final = Comparison(
    "email",
    _either_null("emails"),
    (
        Level("exact", _meet("emails"), "emails"),
        Level(
            "near",
            f"{_meet('own_locals')} or "
            + _any_pair(
                "emails",
                "abs(length(x) - length(y)) <= 2 "
                f"and jaro_winkler_similarity(x, y) >= {ALIKE} and damerau_levenshtein(x, y) <= 2",
            ),
        ),
        Level(
            "local",
            f"{_meet('locals')} or " + _any_pair("emails", "jaro_winkler_similarity(x, y) >= 0.92"),
        ),
    ),
)
PHONE: Final = Comparison(
    "phone",
    _either_null("phones"),
    (
        Level("exact", _meet("phones"), "phones"),
        Level(
            "near",
            f"{_meet('short_phones')} or "
            + _any_pair(
                "phones",
                "abs(length(x) - length(y)) <= 1 "
                f"and jaro_winkler_similarity(x, y) >= {ALIKE} and damerau_levenshtein(x, y) <= 1",
            ),
        ),
    ),
)
NATIONAL_ID: Final = Comparison(
    "national_id",
    _either_null("national_id"),
    (
        Level("exact", any_value("national_ids", _same("national_id")), "national_id"),
        Level(
            "near",
            any_value(
                "national_ids",
                f"{_alike('national_id', ALIKE)} and "
                "damerau_levenshtein(national_id_l, national_id_r) <= 1",
            ),
        ),
        Level(
            "two_edits",
            any_value(
                "national_ids",
                "least(length(national_id_l), length(national_id_r)) >= 7 "
                f"and {_alike('national_id', ALIKE)} "
                "and damerau_levenshtein(national_id_l, national_id_r) <= 2",
            ),
        ),
    ),
)
_IDS_CLASH: Final = (
    "(list_has_any(claimed_systems_l, id_systems_r) or "
    "list_has_any(id_systems_l, claimed_systems_r))"
)
OTHER_IDS: Final = Comparison(
    "other_ids",
    f"not {_meet('ids')} and not {_IDS_CLASH}",
    (Level("exact", _meet("ids"), "ids"),),
)
GENDER: Final = Comparison("gender", _either_null("gender"), (Level("same", _same("gender")),))
SOURCE: Final = Comparison("source", _either_null("source"), (Level("same", _same("source")),))


_OTHER_NUMBER: Final = (
    "coalesce(not list_has_all(company_number_l, company_number_r) "
    "and not list_has_all(company_number_r, company_number_l), false)"
)
"""Each name has a number that the other lacks: they name two sites, however alike they are."""
_SHARED: Final = "len(list_intersect(company_tokens_l, company_tokens_r))"
_NEAR_NAME: Final = (
    f"{_alike('company', 0.94)} or list_has_all(company_tokens_l, company_tokens_r) "
    "or list_has_all(company_tokens_r, company_tokens_l)"
)
_SOME_NAME: Final = (
    f"{_SHARED} >= 0.5 * least(len(company_tokens_l), len(company_tokens_r)) "
    f"or {_alike('company', 0.86)}"
)
_ANY_NAME: Final = f"({_SHARED} >= 1 or {_alike('company', 0.86)})"


def _one_site(names: str) -> str:
    return f"not {_OTHER_NUMBER} and ({names})"


def _company(name: str, **further: str) -> Comparison:
    """Return the comparison of company names; `further` are its lower levels."""
    conditions = {
        "exact": f"{_same('company')} or company_tokens_l = company_tokens_r",
        "near": _one_site(_NEAR_NAME),
        **further,
    }
    levels = tuple(
        Level(label, any_value("companies", sql), "company" if label == "exact" else None)
        for label, sql in conditions.items()
    )
    return Comparison(name, _either_null("company"), levels)


EMPLOYER: Final = _company("employer", some=_SOME_NAME)
ORGANISATION: Final = _company(
    "organisation", some=_one_site(_SOME_NAME), weak=_one_site(f"{_SHARED} >= 1")
)
_NUMBERED: Final = f"{_OTHER_NUMBER} and {_ANY_NAME}"
NUMBER: Final = Comparison(
    "organisation_number",
    f"not coalesce({_NUMBERED}, false) or {any_value('companies', _one_site(_ANY_NAME))}",
    (Level("other", _NUMBERED),),
)
"""Evidence only where names are alike but for their numbers; what it weighs is `DECLARED`."""
DECLARED: Final = {NUMBER.name: ((0.5, 0.5), (1 - 2.0**-11, 2.0**-11))}
"""Comparisons whose chances are known instead of learned: (u, m), the bottom level first.

One organisation shows two numbers once where two sites do so a thousand times (10 bits). Among few
records nothing else could say it; a chain as large as the data would pass for one organisation.
"""


STREET_LEVELS: Final = ("street_and_place", "street_near_and_place", "street")
_STREET: Final = _same("street")
_STREET_NEAR: Final = (
    "(street_number_l = street_number_r or street_number_l is null or street_number_r is null "
    "or damerau_levenshtein(street_number_l, street_number_r) <= 1) "
    f"and ({_alike('street', 0.9)} or starts_with(street_l, street_r) "
    "or starts_with(street_r, street_l))"
)
_POSTCODE: Final = _same("postcode")
_CITY: Final = f"(city_l = city_r or {_alike('city', 0.92)})"
_PLACE: Final = f"({_POSTCODE} or {_CITY})"
_NO_PLACE: Final = (
    "((postcode_l is null or postcode_r is null) and (city_l is null or city_r is null))"
)
_ADDRESS_LEVELS: Final = (
    (Level("street_and_place", f"{_STREET} and ({_PLACE} or {_NO_PLACE})", "street"), {"street"}),
    (Level("street_near_and_place", f"{_STREET_NEAR} and {_PLACE}"), {"street"}),
    (
        Level(
            "street",
            f"{_STREET} or ({_STREET_NEAR} and street_number_l = street_number_r)",
            "street",
        ),
        {"street"},
    ),
    (
        Level("postcode_and_city", f"{_POSTCODE} and {_CITY}", "postcode"),
        {"postcode", "city"},
    ),
    (
        Level(
            "postcode",
            f"{_POSTCODE} or damerau_levenshtein(postcode_l, postcode_r) <= 1",
        ),
        {"postcode"},
    ),
    (Level("city", _CITY, "city"), {"city"}),
    (
        Level(
            "area",
            "length(postcode_l) >= 5 and "
            "left(postcode_l, length(postcode_l) - 3) = left(postcode_r, length(postcode_r) - 3)",
        ),
        {"postcode"},
    ),
)


def _address(has: Has) -> Comparison:
    """Return the one comparison of addresses; levels that need an absent column are left out."""
    both = " or ".join(
        f"({name}_l is not null and {name}_r is not null)"
        for name in ("street", "postcode", "city")
    )
    levels = tuple(
        Level(level.label, any_value("addresses", level.sql), level.frequency)
        for level, needed in _ADDRESS_LEVELS
        if all(has(column) for column in needed)
    )
    return Comparison(
        "address", f"not ({both}) and not {any_other_value('addresses', both)}", levels
    )


def _extra(name: str) -> Comparison:
    return Comparison(
        name,
        _either_null(name),
        (Level("exact", _same(name), name), Level("word", _meet(f"{name}_tokens"))),
    )


def chosen_comparisons(
    has: Has, *, is_organisation: bool, extras: Iterable[str]
) -> tuple[Comparison, ...]:
    """Return the comparisons for which there is data; `has(column)` says whether there is."""
    by_column = {
        "given": GIVEN,
        "family": FAMILY,
        "middle": MIDDLE,
        "birth_date": BIRTH_DATE,
        "emails": EMAIL,
        "phones": PHONE,
        "national_id": NATIONAL_ID,
        "claimed_ids": OTHER_IDS,
        "company": ORGANISATION if is_organisation else EMPLOYER,
        "gender": GENDER,
        "source": SOURCE,
    }
    found = [comparison for column, comparison in by_column.items() if has(column)]
    if any(has(column) for column in ("street", "postcode", "city")):
        found.append(_address(has))
    if ORGANISATION in found:
        found.append(NUMBER)
    return (*found, *(_extra(name) for name in extras))
