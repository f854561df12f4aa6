"""The comparisons of the model in words, for people who read why."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "given": "given name",
    "family": "family name",
    "middle": "middle name",
    "birth_date": "birth date",
    "email": "e-mail",
    "national_id": "national id",
    "other_ids": "identifiers",
    "identifier_rule": "identifier rule",
    "organisation": "company name",
    "organisation_number": "number in the company name",
    "source": "source system",
}
"""Comparisons whose own name would not do."""


def in_words(comparison: str) -> str:
    """Return what a comparison is called."""
    return WORDS.get(comparison, comparison.replace("_", " "))
