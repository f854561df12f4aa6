"""What a workspace says of an API: where its objects are, what they change by, how they page."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cdp.settings import Strict
from cdp.sources.remote.absence import AbsenceOptions
from cdp.sources.remote.paging import Paginator, Question, SinglePage
from cdp.sources.remote.placeholders import FORMS, Filling, needs_since, places_in
from cdp.sources.wire.shape import Shape, all_of, having, latest_of, never

_STRAY: Final = re.compile(r"\{(?!since[.:]|parent\.)[^{}]*\}")
_SECRET: Final = ("authorization", "cookie", "proxy-authorization")
Scalar = str | int | float | bool


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _headers(value: dict[str, str]) -> dict[str, str]:
    secret = [name for name in value if name.lower() in _SECRET]
    if secret:
        msg = f"{', '.join(secret)}: what is secret goes to auth:"
        raise ValueError(msg)
    return value


class Resource(Strict):
    """One object of an API: the endpoint that lists its rows, and what a row is."""

    path: str | None = Field(None, description="path below url:; default: the object's name")
    method: Literal["GET", "POST"] = Field("GET", description="GET, or POST to search")
    params: dict[str, Scalar] = Field(
        default_factory=dict,
        description="query parameters; one with {since...} is left out of a first load",
    )
    body: dict[str, Any] | None = Field(None, description="JSON body of a POST")
    data_selector: str = Field(
        "", description="where the rows are in an answer, such as data.items; default: it is them"
    )
    primary_key: str | tuple[str, ...] = Field(
        description="field, or fields together, that a row is known by"
    )
    cursor_field: str | None = Field(
        None, description="field that says when a row last changed; default: none does"
    )
    row_order: Literal["asc", "desc"] | None = Field(
        None, description="asc or desc: rows come in the order of cursor_field; default: in none"
    )
    initial_value: Annotated[datetime, AfterValidator(_in_utc)] | None = Field(
        None,
        description="moment that a first load begins with, in UTC without an offset; default: "
        "everything is asked for",
    )
    paginator: Paginator | None = Field(
        None, description="how there is more; default: the paginator of all"
    )
    deleted: dict[str, Scalar | tuple[Scalar, ...]] = Field(
        default_factory=dict,
        description="fields and the values in them that say that a row is deleted",
    )
    parent: str | None = Field(
        None, description="object that this one is asked for, row by row, with {parent.field}"
    )
    include_from_parent: tuple[str, ...] = Field(
        (), description="fields of the parent's row to add to each row, as _parent_field"
    )
    most_parents: int = Field(
        10_000, ge=1, description="rows of the parent that it is asked for in one run at most"
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        for is_wrong, message in (*self._mistakes_in_places(), *self._mistakes()):
            if is_wrong:
                raise ValueError(message)
        return self

    def _mistakes(self) -> tuple[tuple[bool, str], ...]:
        is_dated = self.cursor_field is not None
        return (
            (bool(self.body) and self.method == "GET", "body: goes with method: POST"),
            (bool(self.row_order) and not is_dated, "row_order: say by which cursor_field:"),
            (self.row_order == "desc" and self.parent is not None, "row_order: is the parent's"),
            (
                bool(self.include_from_parent) and self.parent is None,
                "include_from_parent: say which parent:",
            ),
        )

    def _mistakes_in_places(self) -> tuple[tuple[bool, str], ...]:
        templates = [self.path or "", self.params, self.body or {}]
        places = [place for each in templates for place in places_in(each)]
        stray = _STRAY.search(self.path or "")
        wrong = [name for kind, name in places if kind == "since" and _is_unknown(name)]
        since = any(kind == "since" for kind, _ in places)
        fixed = needs_since(self.path or "") or needs_since(self.body or {})
        of_parent = any(kind == "parent" for kind, _ in places)
        return (
            (
                stray is not None,
                f"path: {stray and stray[0]} is unknown, use {{parent.field}} and {{since.iso}}",
            ),
            (bool(wrong), f"{{since.{wrong and wrong[0]}}}: use one of {', '.join(FORMS)}"),
            (since and self.cursor_field is None, "{since...}: say which cursor_field: it is of"),
            (
                fixed and self.initial_value is None,
                "{since...} in path: or body: needs an initial_value: for the first load",
            ),
            (of_parent and self.parent is None, "{parent...}: say which parent:"),
            (
                self.parent is not None and not of_parent,
                "parent: nothing in path:, params: or body: says {parent.field}",
            ),
        )

    def question(self, name: str, filling: Filling) -> Question:
        """Return the request for its first page.

        Raises:
            LookupError: the parent's row has nothing where a place says.
        """
        params = {
            key: value
            for key, value in self.params.items()
            if filling.since is not None or not needs_since(value)
        }
        path = filling.path(self.path or name)
        return Question(self.method, path, filling.fill(params), filling.fill(self.body))

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields that a row is known by."""
        return (self.primary_key,) if isinstance(self.primary_key, str) else self.primary_key

    @property
    def is_incremental(self) -> bool:
        """Whether it can be asked for what changed."""
        return any(needs_since(each) for each in (self.path, self.params, self.body))

    def shape(self) -> Shape:
        """Return key and time of change of its rows."""
        changed = latest_of(self.cursor_field) if self.cursor_field is not None else never
        return Shape(
            all_of(*self.keys), changed, gone=having(self.deleted) if self.deleted else None
        )


class RestOptions(AbsenceOptions):
    """Options of an API that is described in YAML."""

    resources: dict[str, Resource] = Field(
        min_length=1, description="what it has, by the name that the object is to have here"
    )
    paginator: Paginator = Field(
        default=SinglePage(type="single_page"),
        description="how there is more, where a resource does not say: one page",
    )
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = Field(
        default_factory=dict, description="headers of each request, nothing secret"
    )
    overlap_minutes: int = Field(
        10, ge=0, description="how far before the last change the next load begins"
    )
    compare_days: float | None = Field(
        None,
        ge=0,
        description="days after which all keys are read to find deletions, of endpoints that list "
        "everything; default: never",
    )
    openapi: str | None = Field(
        None, description="path below url: of the API's own description (OpenAPI)"
    )
    openapi_file: str | None = Field(
        None, description="file of that description, relative to the data folder"
    )

    @model_validator(mode="after")
    def _known_parents(self) -> Self:
        for name, resource in self.resources.items():
            parent = self.resources.get(resource.parent or "")
            if resource.parent is not None and parent is None:
                msg = f"resources.{name}.parent: there is no resource {resource.parent}"
                raise ValueError(msg)
            if parent is not None and parent.parent is not None:
                msg = f"resources.{name}.parent: {resource.parent} has a parent itself"
                raise ValueError(msg)
        if self.openapi is not None and self.openapi_file is not None:
            msg = "give either openapi: or openapi_file:"
            raise ValueError(msg)
        return self

    @property
    def accept(self) -> str:
        """What answers are to be in."""
        named = {name.lower(): value for name, value in self.headers.items()}
        return named.get("accept", "application/json")

    def paginator_of(self, resource: Resource) -> Paginator:
        """Return how a resource pages."""
        return resource.paginator or self.paginator


def _is_unknown(name: str) -> bool:
    return "%" not in name and name not in FORMS
