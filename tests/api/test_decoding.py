"""What is told of a body that does not validate: where, and what there may be."""

from typing import Annotated, Literal

import msgspec
import pytest

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from live_server import Live


class Inner(msgspec.Struct):
    """A part of a body."""

    colour: Literal["red", "green"]


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    """A body with a value of every shape that is one of a few."""

    type: Literal["b", "a"] | None = None
    many: Annotated[list[Literal["x", "y"]], msgspec.Meta(max_length=3)] = []
    by_name: dict[str, Literal[1, 2]] = {}
    inner: Inner | None = None
    inners: list[Inner] = []


TOLD = [
    ({"type": "q"}, "type", "Invalid enum value 'q'; use one of a, b"),
    ({"many": ["x", "q"]}, "many[1]", "Invalid enum value 'q'; use one of x, y"),
    ({"by_name": {"a": 3}}, "by_name[...]", "Invalid enum value 3; use one of 1, 2"),
    ({"inner": {"colour": ""}}, "inner.colour", "Invalid enum value ''; use one of green, red"),
    ({"inners": [{"colour": "x"}]}, "inners[0].colour", "Invalid enum value 'x'; use one of "),
    ({"type": 3}, "type", "Expected `str | null`, got `int`"),
    ({"inner": {}}, "inner", "Object missing required field `colour`"),
    ({"shoes": 3}, "body", "Object contains unknown field `shoes`"),
    ([], "body", "Expected `object`, got `array`"),
]


@pytest.mark.parametrize(("body", "where", "what"), TOLD)
def test_a_problem_says_where_and_what_there_may_be(body: object, where: str, what: str) -> None:
    with pytest.raises(InvalidError) as caught:
        decoded(msgspec.json.encode(body), Outer)
    (only,) = caught.value.errors
    assert (only["field"], only["message"][: len(what)]) == (where, what)


def test_a_request_of_an_unknown_kind_is_told_the_kinds(live: Live) -> None:
    asked = {"type": "burn", "ref": "email:ada@example.org"}
    answer = live.post("/v1/privacy/requests", asked, "admin").json()
    (only,) = answer["errors"]
    assert only["field"] == "type"
    assert only["message"].endswith("access, erase, export, readmit, restrict, unrestrict")
    assert answer["detail"] == f"type: {only['message']}"
