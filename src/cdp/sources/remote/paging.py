"""How an API says that there is more, and how it is asked for it.

Kinds and their words are those of dlt's REST source. Invariant: a next request differs from the one
before it, or there is none; an API that points at the page it just gave is told of.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urljoin

from pydantic import Field, model_validator

from cdp.settings import Strict
from cdp.sources.remote.selection import value_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx


@dataclass(frozen=True, slots=True)
class Question:
    """A request for a page.

    Attributes:
        path: below the source's address, or an address that the API gave itself.
        place: pages or rows that were asked for before.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    place: int = 0

    def having(self, param: str | None, body_path: str | None, value: Any) -> Question:  # noqa: ANN401 - any JSON
        """Return this request with a value in a query parameter, or at a path of its body."""
        if body_path is None:
            return replace(self, params={**self.params, str(param): value})
        body = deepcopy(dict(self.body or {}))
        *outer, last = body_path.split(".")
        at = body
        for part in outer:
            at = at.setdefault(part, {})
        at[last] = value
        return replace(self, body=body)

    def elsewhere(self, answer: Answer, link: object) -> Question | None:
        """Return the request for a link that an answer gave, None where it gave none."""
        if not isinstance(link, str) or not link:
            return None
        address = urljoin(str(answer.response.request.url), link)
        return replace(self, path=address, params={})


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as it came, and the rows on it."""

    asked: Question
    response: httpx.Response
    rows: list[bytes]

    def tells(self, path: str | None) -> Any:  # noqa: ANN401 - whatever the system put there
        """Return what stands at a path; None: nothing, or no path."""
        return None if path is None else value_in(self.response.content, path)


class SinglePage(Strict):
    """Everything comes at once."""

    type: Literal["single_page"] = Field(description="single_page")

    def first(self, question: Question) -> Question:
        """Return the request for the first page."""
        return question

    def following(self, answer: Answer) -> Question | None:  # noqa: ARG002 - as all of them
        """Return the request for the next page, None after the last."""
        return None


class JsonLink(Strict):
    """The answer holds the address of the next page."""

    type: Literal["json_link"] = Field(description="json_link")
    next_url_path: str = Field("next", description="where the address is in the answer")

    def first(self, question: Question) -> Question:
        """Return the request for the first page."""
        return question

    def following(self, answer: Answer) -> Question | None:
        """Return the request for the next page, None after the last."""
        return answer.asked.elsewhere(answer, answer.tells(self.next_url_path))


class HeaderLink(Strict):
    """The header `Link` holds the address of the next page (RFC 8288)."""

    type: Literal["header_link"] = Field(description="header_link")
    links_next_key: str = Field("next", description="relation of the next page")

    def first(self, question: Question) -> Question:
        """Return the request for the first page."""
        return question

    def following(self, answer: Answer) -> Question | None:
        """Return the request for the next page, None after the last."""
        link = answer.response.links.get(self.links_next_key, {})
        return answer.asked.elsewhere(answer, link.get("url"))


class _Placed(Strict):
    """What goes into a query parameter, or into the body."""

    has_more_path: str | None = Field(
        None, description="where the answer says true while there is more"
    )

    def _ends(self, answer: Answer) -> bool:
        return self.has_more_path is not None and not answer.tells(self.has_more_path)


class Cursor(_Placed):
    """The answer holds a word that the next page is asked for with."""

    type: Literal["cursor"] = Field(description="cursor")
    cursor_path: str = Field(
        description="where the word is in the answer; `data.-1.id` is the id of the last row"
    )
    cursor_param: str | None = Field(None, description="query parameter that takes it")
    cursor_body_path: str | None = Field(None, description="or where it goes in the body")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.cursor_param is None) == (self.cursor_body_path is None):
            msg = "give either cursor_param: or cursor_body_path:"
            raise ValueError(msg)
        return self

    def first(self, question: Question) -> Question:
        """Return the request for the first page."""
        return question

    def following(self, answer: Answer) -> Question | None:
        """Return the request for the next page, None after the last."""
        word = answer.tells(self.cursor_path)
        if word is None or word == "" or self._ends(answer):
            return None
        return answer.asked.having(self.cursor_param, self.cursor_body_path, word)


class PageNumber(_Placed):
    """Pages have numbers."""

    type: Literal["page_number"] = Field(description="page_number")
    base_page: int = Field(1, ge=0, description="number of the first page")
    page_param: str = Field("page", description="query parameter that takes the number")
    page_body_path: str | None = Field(None, description="or where it goes in the body")
    page_size: int | None = Field(
        None, ge=1, description="rows of a page: one with fewer is the last; default: an empty one"
    )
    total_path: str | None = Field(
        None, description="where the answer says how many pages there are"
    )

    def first(self, question: Question) -> Question:
        """Return the request for the first page."""
        return self._at(question, 0)

    def following(self, answer: Answer) -> Question | None:
        """Return the request for the next page, None after the last."""
        place, total = answer.asked.place + 1, answer.tells(self.total_path)
        is_last = total is not None and place >= int(total)
        if is_last or len(answer.rows) < (self.page_size or 1) or self._ends(answer):
            return None
        return self._at(answer.asked, place)

    def _at(self, question: Question, place: int) -> Question:
        number = self.base_page + place
        return replace(question.having(self.page_param, self.page_body_path, number), place=place)


class Offset(_Placed):
    """Rows are counted: so many from here on."""

    type: Literal["offset"] = Field(description="offset")
    limit: int = Field(ge=1, description="rows to ask for; a page with fewer is the last")
    offset_param: str = Field("offset", description="query parameter of the rows to leave out")
    limit_param: str = Field("limit", description="query parameter of the rows to ask for")
    offset_body_path: str | None = Field(None, description="or where that goes in the body")
    limit_body_path: str | None = Field(None, description="or where that goes in the body")
    total_path: str | None = Field(
        None, description="where the answer says how many rows there are"
    )

    def first(self, question: Question) -> Question:
        """Return the request for the first page."""
        limited = question.having(self.limit_param, self.limit_body_path, self.limit)
        return self._at(limited, 0)

    def following(self, answer: Answer) -> Question | None:
        """Return the request for the next page, None after the last.

        Where the API says how many rows there are, pages may be shorter than was asked for.
        """
        place, total = answer.asked.place + len(answer.rows), answer.tells(self.total_path)
        is_last = place >= int(total) if total is not None else len(answer.rows) < self.limit
        if is_last or not answer.rows or self._ends(answer):
            return None
        return self._at(answer.asked, place)

    def _at(self, question: Question, place: int) -> Question:
        return replace(
            question.having(self.offset_param, self.offset_body_path, place), place=place
        )


Paginator = Annotated[
    SinglePage | JsonLink | HeaderLink | Cursor | PageNumber | Offset, Field(discriminator="type")
]
COUNTING = (PageNumber, Offset)
"""Kinds that go by a count, which rows that move while they are read make wrong."""
