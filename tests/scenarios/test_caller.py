"""The number of a caller, however a telephone system writes it."""

import pytest

from cdp.scenarios.caller import is_nobodys, lines, number_of

NUMBERS = [
    ("+49 170 12345678", "+4917012345678"),
    (" 4917012345678", "+4917012345678"),  # a plus that a query made a blank of
    ("0170 / 123 456-78", "+4917012345678"),
    ("0049 (0)170 12345678", "+4917012345678"),
    ("4917012345678", "+4917012345678"),
    ("tel:+49-170-12345678;ext=12", "+4917012345678"),
    ("sip:+4917012345678@pbx.example.org;user=phone", "+4917012345678"),
    ("+49 170 12345678 ext. 5", "+4917012345678"),
    ("+33 1 42 57 04 76", "+33142570476"),
    ("00", None),
    ("anonymous", None),
    ("sip:anonymous@anonymous.invalid", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_a_number_is_read_in_any_notation(text: str, number: str | None) -> None:
    assert number_of(text, "DE") == number


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *(("anonymous", True), ("sip:Anonymous@anonymous.invalid", True), ("Unknown", True)),
        *(("201", True), ("*21#", True), ("00", True)),
        *(("abc", False), ("", False), ("+", False), ("ada@example.org", False), ("12b", False)),
    ],
)
def test_a_caller_without_a_number_is_told_from_what_is_none(text: str, *, is_one: bool) -> None:
    assert number_of(text, "DE") is None
    assert is_nobodys(text) == is_one


def test_a_number_may_be_an_extension_of_a_shorter_one() -> None:
    assert lines("+493090182017")[:4] == (
        "+49309018201",
        "+493090182010",
        "+4930901820",
        "+49309018200",
    )
    assert lines("+49301") == ()
