"""What to show a customer now: lists made while the caller waits.

They follow from one generation and the orders that were heard of since.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.api.endpoint import Endpoint
from cdp.api.errors import InvalidError
from cdp.api.profiles import consents_now
from cdp.api.schemas import Schema, array, obj, parameter
from cdp.publish.reference import parse
from cdp.realtime.live_purchases import purchases_of
from cdp.realtime.overlaid import Overlaid
from cdp.recommendations.choosing import LISTS, Bought, Customer, lists

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.publish.served import Generation
    from cdp.recommendations.choosing import ListName, Shown

USUAL: Final = 10
MOST: Final = 50
EVERY: Final = "*"
"""Key of what is kept once for all: the best sellers of every category, the verdicts on lists."""

_PUBLISHED: Final = "published"
_TRIED: Final = ("status", "customers", "hits", "baseline", "gain_low", "gain_high")
_UNTOUCHED: Final = ("best_sellers",)
"""Lists that say nothing of the customer, shown to who denied personalisation, too."""


def read(entity: str) -> Callable[[Call], Answer]:
    """Return the handler of `GET /v1/profiles/{ref}/recommendations`, or of accounts."""

    def handler(call: Call) -> Answer:
        wanted, limit = _wanted(call), _limit(call)
        generation = call.context.generation()
        id_ = generation.find(entity, parse(call.path("ref"), call.context.country))
        rules = call.context.recommendations
        call.note(f"{entity}.recommendations", id_, rules.purpose)
        denied = _has_denied(call, generation, id_, rules.purpose)
        trials = {row["list"]: row for row in generation.rows("recommender", EVERY)}
        customer = _customer(generation, entity, id_, _trusted(trials))
        made = lists(customer, rules, call.context.clock().date(), limit)
        body = {
            f"{entity}_id": id_,
            "personalised": not denied,
            "lists": [
                _shown(name, made[name], trials.get(name))
                for name in wanted
                if not denied or name in _UNTOUCHED
            ],
            "generation": generation.number,
        }
        return call.reply(msgspec.json.encode(body))

    return handler


def _shown(name: ListName, found: list[Shown], trial: dict[str, Any] | None) -> dict[str, Any]:
    is_tried = name in {"repeat", "discovery"}
    is_own = not is_tried or (trial is not None and trial["status"] == _PUBLISHED)
    return {
        "list": name,
        "basis": "own" if is_own else "fallback",
        "trial": {key: trial.get(key) for key in _TRIED} if is_tried and trial else None,
        "products": [asdict(one) for one in found],
    }


def _customer(generation: Generation, entity: str, id_: str, trusted: frozenset[str]) -> Customer:
    known = msgspec.json.decode(generation.document(entity, id_) or b"{}")
    interests = (known.get("inferred") or {}).get("interests") or {}
    return Customer(
        bought=_bought(generation, id_),
        interests=[word for word in str(interests.get("value") or "").split("; ") if word],
        near=cache(lambda product: generation.rows("affinity", product)),
        best=cache(lambda category: generation.rows("best_seller", category or EVERY)),
        trusted=trusted,
    )


def _bought(generation: Generation, id_: str) -> list[Bought]:
    """Return what a customer bought as published, and in orders heard of since."""
    rows = {row["product"]: row for row in generation.rows("purchases", id_)}
    if isinstance(generation, Overlaid):
        happened = [event for subject in generation.heard(id_) for event in tuple(subject.events)]
        for new in purchases_of(happened):
            known = rows.get(new["product"], new)
            days = sorted({*known["days"], *new["days"]}, reverse=True)
            rows[new["product"]] = known | {"days": days}
    return [
        Bought(
            row["product"],
            row["name"],
            row["category"],
            tuple(date.fromisoformat(day) for day in row["days"]),
        )
        for row in rows.values()
    ]


def _trusted(trials: Mapping[str, dict[str, Any]]) -> frozenset[str]:
    """Return the lists that were better than best sellers on days held out."""
    return frozenset(name for name, row in trials.items() if row["status"] == _PUBLISHED)


def _has_denied(call: Call, generation: Generation, id_: str, purpose: str) -> bool:
    return any(
        row["purpose"] == purpose and row["state"] == "denied"
        for row in consents_now(call, generation, id_)
    )


def _wanted(call: Call) -> tuple[ListName, ...]:
    text = call.query("lists")
    if text is None:
        return LISTS
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in LISTS]
    if unknown:
        raise InvalidError(("lists", f"{unknown[0]!r} is none of {', '.join(LISTS)}"))
    return tuple(name for name in LISTS if name in names)


def _limit(call: Call) -> int:
    text = call.query("limit")
    if text is None:
        return USUAL
    if (
        not text.isascii()
        or not text.isdigit()
        or len(text) > len(str(MOST))
        or not text.strip("0")
    ):
        raise InvalidError(("limit", f"must be a whole number from 1 to {MOST}"))
    if int(text) > MOST:
        raise InvalidError(("limit", f"must be a whole number from 1 to {MOST}"))
    return int(text)


_TEXT: Schema = {"type": "string"}
_NONE_OR_TEXT: Schema = {"type": ["string", "null"]}
_PRODUCT = obj(
    {
        "product": _TEXT | {"description": "its number, without the source"},
        "name": _NONE_OR_TEXT,
        "category": _NONE_OR_TEXT,
        "because": _TEXT | {"description": "why it is shown, in words"},
    },
    *("product", "name", "category", "because"),
)
_SHARE: Schema = {"type": ["number", "null"]}
_TRIAL = obj(
    {
        "status": {"enum": ["published", "not_better_than_baseline", "insufficient_data"]},
        "customers": {
            "type": ["integer", "null"],
            "description": "who bought in these days",
        },
        "hits": _SHARE | {"description": "share to whom its first ten named what they then bought"},
        "baseline": _SHARE | {"description": "the same of best sellers"},
        "gain_low": _SHARE | {"description": "lower end of the 95 % interval of the difference"},
        "gain_high": _SHARE,
    },
    *_TRIED,
    description="how the list did on days held out",
)
_LIST = obj(
    {
        "list": {"type": "string", "enum": list(LISTS)},
        "basis": {
            "type": "string",
            "enum": ["own", "fallback"],
            "description": "fallback: on days held out the list was not better than best sellers, "
            "or there are too few purchases to tell",
        },
        "trial": {
            "anyOf": [_TRIAL, {"type": "null"}],
            "description": "of repeat and discovery; null: none was held yet, or it needs none",
        },
        "products": array(_PRODUCT),
    },
    *("list", "basis", "trial", "products"),
)
_LISTS = parameter(
    "lists",
    "query",
    {"type": "string", "examples": ["repeat,discovery"]},
    f"lists that are wanted, separated by commas: {', '.join(LISTS)}; default: all",
)
_MOST = parameter(
    "limit",
    "query",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    "most products of a list",
)


def recommended(entity: str, reference: Schema, problems: tuple[int, ...]) -> Endpoint:
    """Return the endpoint of what to show a profile, or an account."""
    answer = obj(
        {
            f"{entity}_id": _TEXT,
            "personalised": {
                "type": "boolean",
                "description": "false: personalisation was denied, so there are best sellers alone",
            },
            "lists": array(_LIST),
            "generation": {"type": "integer"},
        },
        *(f"{entity}_id", "personalised", "lists", "generation"),
    )
    return Endpoint(
        "GET",
        f"/v1/{entity}s/{{ref}}/recommendations",
        read(entity),
        f"Tell what to show one {entity} now: products, and why each",
        answer,
        (reference, _LISTS, _MOST),
        tag=f"{entity}s",
        scope="profiles:read",
        regional=True,
        problems=problems,
    )
