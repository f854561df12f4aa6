"""Cleaning of single values: tables of cases anybody in the business can extend."""

import polars as pl
import pytest

from cdp.identity.companies import company_columns
from cdp.identity.contacts import clean_emails, clean_phones
from cdp.identity.dates import day_first_sources, is_year_only_habit, iso_dates
from cdp.identity.genders import gender_letter
from cdp.identity.names import NAME_COLUMNS, in_order, name_columns
from cdp.identity.places import place_columns
from cdp.identity.words import latin, soundex, transliterate


def values(*items: str) -> pl.DataFrame:
    return pl.DataFrame({"uid": range(len(items)), "value": items})


@pytest.mark.parametrize(
    ("text", "latin_text"),
    [("Müller", "Muller"), ("Анна", "Anna"), ("Łódź", "Lodz"), ("Αθήνα", "Athina"), ("x", "x")],
)
def test_any_script_becomes_latin(text: str, latin_text: str) -> None:
    assert transliterate(pl.Series([text])).to_list() == [latin_text]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("robert", "r163"),
        ("rupert", "r163"),
        ("rubin", "r150"),
        ("ashcraft", "a261"),
        ("tymczak", "t522"),
        ("pfister", "p236"),
        ("honeyman", "h555"),
        ("lee", "l000"),
        (None, None),
    ],
)
def test_soundex_is_the_american_one(name: str | None, code: str | None) -> None:
    frame = pl.DataFrame({"n": [name]}, schema={"n": pl.String})
    assert frame.select(soundex(pl.col("n")))["n"].to_list() == [code]


@pytest.mark.parametrize(
    ("given", "middle", "family", "full", "expected"),
    [
        ("Anna", None, "Smith", None, ("anna", None, "smith")),
        ("Dr. Anna Maria", None, "O'Brien-Smith", None, ("anna", "maria", "obriensmith")),
        (None, None, None, "Smith, John Q.", ("john", "q", "smith")),
        (None, None, None, "Mr John Quincy Adams Jr", ("john", "quincy", "adams")),
        (None, None, None, "Björk", ("bjork", None, None)),
        ("Mr", None, "Smith", None, (None, None, "smith")),
        ("", None, "", "", (None, None, None)),
        ("John", "Fitzgerald", "Kennedy", "ignored text", ("john", "fitzgerald", "kennedy")),
        ("Anna", None, None, "Anna Smith", ("anna", None, "smith")),
        (None, None, "Smith", "Anna Maria Smith", ("anna", "maria", "smith")),
        (None, "M", "Smith", "M Smith", (None, "m", "smith")),
        (None, None, None, "Jan van der Berg", ("jan", None, "vanderberg")),
        (None, None, None, "John E Smith", ("john", "e", "smith")),
        (None, None, None, "Al Pacino", ("al", None, "pacino")),
        (None, None, None, "Сидоров Иван Петрович", ("ivan", "petrovich", "sidorov")),
        (None, None, None, "Иван Сидоров", ("ivan", None, "sidorov")),
        (None, None, None, "王小明", ("xiaoming", None, "wang")),
        (None, None, None, "山田 太郎", ("tailang", None, "shantian")),
        (None, None, None, "김철수", ("cheolsu", None, "gim")),
        (None, None, None, "Νίκος Παπαδόπουλος", ("nikos", None, "papadopoulos")),
    ],
)
def test_names_are_parted(
    given: str | None,
    middle: str | None,
    family: str | None,
    full: str | None,
    expected: tuple[str | None, ...],
) -> None:
    raw = pl.DataFrame(
        [[given, middle, family, full]],
        schema=dict.fromkeys(NAME_COLUMNS, pl.String),
        orient="row",
    )
    columns = name_columns(latin(in_order(raw), NAME_COLUMNS))
    assert columns.select("given", "middle", "family").row(0) == expected


def test_particles_say_nothing_by_themselves() -> None:
    raw = pl.DataFrame({"family_name": ["de la Cruz", "de la Rosa", "van den"]}).with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in NAME_COLUMNS if name != "family_name"
    )
    tokens = name_columns(raw.with_columns(pl.col("family_name").str.to_lowercase()))
    assert tokens["family_tokens"].to_list() == [["cruz"], ["rosa"], ["van", "den"]]


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("male", "m"),
        ("f", "f"),
        ("weiblich", "f"),
        ("w", "f"),
        ("homme", "m"),
        ("zhenskiy", "f"),
        ("divers", "d"),
        ("", None),
        (None, None),
    ],
)
def test_gender_in_any_language(text: str | None, letter: str | None) -> None:
    assert gender_letter(pl.Series("gender", [text], dtype=pl.String)).to_list() == [letter]


def test_nicknames_meet_and_swapped_names_share_a_set() -> None:
    raw = pl.DataFrame(
        {
            "given_name": ["Bob", "Robert", "Miller"],
            "middle_name": [None, None, None],
            "family_name": ["Miller", "Miller", "Robert"],
            "full_name": [None, None, None],
        },
        schema=dict.fromkeys(NAME_COLUMNS, pl.String),
    )
    columns = name_columns(latin(raw, NAME_COLUMNS))
    assert set(columns["nicknames"][0]) & set(columns["nicknames"][1])
    assert columns["name_set"][1] == columns["name_set"][2] == "miller robert"


@pytest.mark.parametrize(
    ("raw", "day_first", "iso"),
    [
        ("1980-02-03", False, "1980-02-03"),
        ("1980/2/3 00:00", False, "1980-02-03"),
        ("2/3/1980", False, "1980-02-03"),
        ("2/3/1980", True, "1980-03-02"),
        ("13/3/1980", False, "1980-03-13"),
        ("3/13/1980", True, "1980-03-13"),
        ("03.02.1980", False, "1980-02-03"),
        ("19800203", False, "1980-02-03"),
        ("1980", False, "1980-00-00"),
        ("3 feb 1980", False, "1980-02-03"),
        ("february 3, 1980", False, "1980-02-03"),
        ("3rd of May 1980", False, "1980-05-03"),
        ("2 Sept 1980", False, "1980-09-02"),
        ("3. März 1980", False, "1980-03-03"),
        ("12 août 1975", False, "1975-08-12"),
        ("3 de febrero de 1980", False, "1980-02-03"),
        ("3 февраля 1980", False, "1980-02-03"),
        ("1980年2月3日", False, "1980-02-03"),
        ("3.2.80", False, "1980-02-03"),
        ("2/3/80", False, "1980-02-03"),
        ("03/02/24", True, "2024-02-03"),
        ("1980-02-03T00:00:00Z", False, "1980-02-03"),
        ("1980-02", False, "1980-00-00"),
        ("unknown", False, None),
        (None, False, None),
    ],
)
def test_dates_in_any_notation(raw: str | None, day_first: bool, iso: str | None) -> None:
    frame = pl.DataFrame({"value": [raw]}, schema={"value": pl.String})
    read = latin(frame, ("value",)).with_columns(day_first=pl.lit(day_first))
    assert iso_dates(read).to_list() == [iso]


def test_a_source_shows_whether_its_days_come_first() -> None:
    frame = pl.DataFrame({"s": ["a", "a", "b"], "d": ["13/01/1980", "01/02/1980", "01/13/1980"]})
    habits = frame.select(h=day_first_sources(pl.col("d"), "s"))["h"].to_list()
    assert habits == [True, True, False]


def test_too_many_new_years_mean_an_unknown_day() -> None:
    assert is_year_only_habit(pl.Series(["1980-01-01", "1981-05-05"]))
    assert not is_year_only_habit(pl.Series(["1980-02-01", "1981-05-05"]))
    assert not is_year_only_habit(pl.Series([], dtype=pl.String))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+49 30 123456", "030 123456"),
        ("0049 171 1234567", "(0171) 1234567"),
        ("+1 (305) 678-1887", "305.678.1887"),
        ("+44 (0)20 7946 0958", "020 7946 0958"),
        ("305 678 1887 ext. 12", "3056781887"),
    ],
)
def test_both_forms_of_a_telephone_agree(one: str, other: str) -> None:
    cleaned = clean_phones(values(one, other)).sort("uid")["value"].to_list()
    assert len(cleaned) == 2
    assert cleaned[0] == cleaned[1]


@pytest.mark.parametrize("raw", ["12345", "0000000000", "5555555555", "n/a", ""])
def test_what_is_no_telephone_is_dropped(raw: str) -> None:
    assert clean_phones(values(raw)).is_empty()


def test_emails_lose_tags_and_case_and_need_one_at() -> None:
    found = clean_emails(values("Ann.B+shop@X.com ", "mailto:ann.b@x.com", "a@b@c", "none"))
    assert set(found["value"]) == {"ann.b@x.com"}
    assert set(found["local"]) == {"ann.b"}


def test_streets_are_abbreviated_alike() -> None:
    raw = pl.DataFrame(
        {
            "street": ["12 North Main Street", "12 n. main st", "Haupt Strasse 5", "5 Hauptstr."],
            "city": ["Berlin"] * 4,
            "postcode": ["SW1 2AB", "sw12ab", None, None],
        }
    )
    columns = place_columns(latin(raw, ("street", "city", "postcode")))
    assert columns["street"][0] == columns["street"][1]
    assert columns["street"][2] == columns["street"][3]
    assert columns["postcode"][0] == columns["postcode"][1]
    assert columns["street_number"].to_list() == ["12", "12", "5", "5"]


def test_company_names_lose_legal_words_but_never_everything() -> None:
    columns = company_columns(pl.Series("company", ["acme gmbh & co. kg", "the co", None]))
    assert columns["company"].to_list() == ["acme", "the co", None]
    assert columns["company_rare"].to_list()[2] is None


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Acme S.A. de C.V.", "acme"),
        ("Acme Sp. z o.o.", "acme"),
        ("\u041e\u041e\u041e Ромашка", "romashka"),
        ("株式会社トヨタ", "toyota"),
        ("Acme Pty Ltd", "acme"),
        ("Bäckerei Müller GmbH & Co. KG", "backerei muller"),
        ("Société Générale S.A.", "societe generale"),
    ],
)
def test_legal_forms_of_many_countries_go(name: str, kept: str) -> None:
    text = latin(pl.DataFrame({"company": [name]}), ("company",))["company"]
    assert company_columns(text)["company"].to_list() == [kept]


@pytest.mark.parametrize(
    ("name", "kept", "numbers"),
    [
        ("Acme Store 12", "acme store 12", ["12"]),
        ("Acme Store #012", "acme store 12", ["12"]),
        ("Acme Store No. 12", "acme store 12", ["12"]),
        ("Terminal 2a", "terminal 2 a", ["2", "a"]),
        ("Praxis II", "praxis 2", ["2"]),
        ("Praxis I", "praxis i", ["1"]),
        ("Werk A GmbH", "werk a", ["a"]),
        ("Hotel 5th Avenue", "hotel 5 avenue", ["5"]),
        ("Hotel Fifth Avenue", "hotel 5 avenue", ["5"]),
        ("Erste Bank", "erste bank", ["1"]),
        ("7-Eleven", "7 eleven", ["11", "7"]),
        ("3M", "3 m", ["3", "m"]),
        ("J. P. Morgan", "j p morgan", None),
        ("Pizza e Pasta", "pizza e pasta", None),
        ("Anna Vogt e. K.", "anna vogt", None),
        ("Acme", "acme", None),
    ],
)
def test_what_numbers_a_branch_is_read_in_every_spelling(
    name: str, kept: str, numbers: list[str] | None
) -> None:
    text = latin(pl.DataFrame({"company": [name]}), ("company",))["company"]
    columns = company_columns(text)
    assert columns["company"].to_list() == [kept]
    assert columns["company_number"].to_list() == [numbers]
