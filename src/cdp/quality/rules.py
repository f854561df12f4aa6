"""Rule files: what is asked of the records of a source, before anything reads them.

Invariant: a rule has a name of its own within its object, made of its field and of what it asks;
results, failures and the quarantine speak of it by that name.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, Field, field_validator, model_validator

from cdp.model.paths import parse
from cdp.quality.formats import FORMATS
from cdp.settings import Declared, Strict

Severity = Literal["warn", "quarantine"]
_SPAN = re.compile(r"(\d+) ?(minute|hour|day|week)s?")
_MANY_FIELDS = "leads to every element of a list; name one field of the record itself"


def _path(text: str) -> str:
    parse(text)
    return text


def _single(text: str) -> str:
    if parse(text).many:
        msg = f"{text!r} {_MANY_FIELDS}"
        raise ValueError(msg)
    return text


def _pattern(text: str) -> str:
    try:
        pc.match_substring_regex(pa.array([""]), text)
    except pa.ArrowInvalid as error:
        reason = str(error).partition(":")[2].strip() or str(error)
        msg = f"{text!r} is no regular expression (RE2 syntax, without look-around): {reason}"
        raise ValueError(msg) from None
    return text


def _span(text: str) -> str:
    if not _SPAN.fullmatch(text):
        msg = f"{text!r} is no span of time; write 90 minutes, 36 hours, 7 days or 2 weeks"
        raise ValueError(msg)
    return text


def span(text: str) -> timedelta:
    """Return how long `36 hours` is."""
    found = _SPAN.fullmatch(text)
    assert found is not None  # noqa: S101 - validated on load
    return timedelta(**{f"{found[2]}s": int(found[1])})


FieldPath = Annotated[str, AfterValidator(_path)]
SinglePath = Annotated[str, AfterValidator(_single)]
Bound = int | float | date | datetime | Literal["arrival"]
Scalar = str | bool | int | float


class When(Strict):
    """Which records a rule speaks of: those whose field is one of these, or is filled, or empty."""

    field: SinglePath = Field(description="path of the field to look at")
    is_: tuple[Scalar, ...] | Scalar | None = Field(
        None, alias="is", description="its value, or several of which it is one"
    )
    filled: bool | None = Field(None, description="true: it has a value; false: it has none")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.is_ is None) == (self.filled is None):
            msg = "give either is: or filled:"
            raise ValueError(msg)
        return self


class Reference(Strict):
    """Where the key must exist that a field holds."""

    object: str = Field(description="the object whose record it names, by the source's own name")
    source: str | None = Field(None, description="its source instance; default: the same")
    field: SinglePath | None = Field(
        None, description="its field that holds the key; default: the key of the record"
    )
    strip_zeros: bool = Field(default=False, description="0000402417 and 402417 are one key")


class Check(Strict):
    """What is asked of one field; each thing asked is a rule of its own."""

    severity: Severity = Field("warn", description="warn, or quarantine: keep the record out")
    when: When | None = Field(None, description="only of records of which this holds")
    required: bool = Field(default=False, description="there is a value")
    format: str | None = Field(None, description="the value is written as these are: email, ...")
    country: SinglePath | None = Field(
        None,
        description="field with the country of a phone, postcode or vat number; "
        "default: the country of the workspace",
    )
    pattern: Annotated[str, AfterValidator(_pattern)] | None = Field(
        None, description="the whole value matches this regular expression (RE2)"
    )
    min: Bound | None = Field(None, description="smallest number, or earliest date")
    max: Bound | None = Field(
        None, description="largest number, or latest date; arrival: when the record arrived"
    )
    min_length: int | None = Field(None, ge=1, description="fewest characters")
    max_length: int | None = Field(None, ge=1, description="most characters")
    allowed: tuple[Scalar, ...] | None = Field(
        None, min_length=1, description="the only values that it may have"
    )
    refers_to: Reference | None = Field(None, description="a record with this key exists")
    unique: bool = Field(
        default=False, description="no record that came earlier has the same value"
    )

    @field_validator("format")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in FORMATS:
            msg = f"unknown format {value!r}; known: {', '.join(sorted(FORMATS))}"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not any(True for _ in self.kinds()):
            msg = (
                "asks nothing; give one of required, format, pattern, min, max, min_length, "
                "max_length, allowed, refers_to, unique"
            )
            raise ValueError(msg)
        bounds = [b for b in (self.min, self.max) if b is not None]
        numbers = [isinstance(b, int | float) for b in bounds]
        if self.min == "arrival" or len(set(numbers)) > 1:
            msg = "min: and max: are two numbers or two dates; only max: may be arrival"
            raise ValueError(msg)
        return self

    def kinds(self) -> list[str]:
        """Return what is asked, in the order of the documentation."""
        asked = {
            "required": self.required,
            "format": self.format is not None,
            "pattern": self.pattern is not None,
            "range": self.min is not None or self.max is not None,
            "length": self.min_length is not None or self.max_length is not None,
            "allowed": self.allowed is not None,
            "reference": self.refers_to is not None,
            "unique": self.unique,
        }
        return [kind for kind, is_asked in asked.items() if is_asked]


class Change(Strict):
    """How far the number of records may move from run to run."""

    fall: float | None = Field(None, ge=0, le=100, description="percent that may be gone")
    rise: float | None = Field(None, ge=0, description="percent that may be new")


class Together(Strict):
    """Fields whose values together name one record."""

    fields: tuple[SinglePath, ...] = Field(min_length=2, description="the fields")
    severity: Severity = Field("warn", description="warn, or quarantine: keep the record out")


class ObjectRules(Strict):
    """What is asked of the records of one object."""

    fields: dict[FieldPath, Check | tuple[Check, ...]] = Field(
        default_factory=dict, description="by path of the field: what is asked of it"
    )
    unique: tuple[Together, ...] = Field((), description="fields that are unique together")
    fresh: Annotated[str, AfterValidator(_span)] | None = Field(
        None, description="the newest record changed no longer ago: 36 hours, 7 days"
    )
    rows: Change | None = Field(None, description="how far the number of records may move")

    @field_validator("unique")
    @classmethod
    def _each_once(cls, value: tuple[Together, ...]) -> tuple[Together, ...]:
        named = [together.fields for together in value]
        if len(set(named)) < len(named):
            msg = "the same fields are listed twice"
            raise ValueError(msg)
        return value

    @field_validator("fields")
    @classmethod
    def _once(cls, value: dict[str, Check | tuple[Check, ...]]) -> dict[str, object]:
        for path, of_field in value.items():
            asked = [kind for check in checks(of_field) for kind in check.kinds()]
            twice = sorted({kind for kind in asked if asked.count(kind) > 1})
            if twice:
                msg = f"{path} is asked twice for {', '.join(twice)}; put it in one place"
                raise ValueError(msg)
            single = [c for c in checks(of_field) if c.unique or c.refers_to]
            if single and parse(path).many:
                msg = f"{path!r} {_MANY_FIELDS}, for unique: and refers_to:"
                raise ValueError(msg)
        return dict(value)


class QualityFile(Strict):
    """`quality/<name>.yaml`: rules for the records of one or several sources."""

    description: str = Field("", description="one sentence")
    sources: tuple[str, ...] | None = Field(
        None, min_length=1, description="source instances; default: the one of the file's name"
    )
    objects: dict[str, ObjectRules] = Field(
        min_length=1, description="objects by the source's own names"
    )


QUALITY = Declared("quality/*.yaml", QualityFile, required=False)


def checks(asked: Check | tuple[Check, ...]) -> tuple[Check, ...]:
    """Return one check or several as several."""
    return asked if isinstance(asked, tuple) else (asked,)
