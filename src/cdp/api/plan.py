"""Identity resolution as a whole over HTTP: what changed rules would do, runs and their model."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from pydantic import ValidationError

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.api.identity import once
from cdp.errors import NotFoundError
from cdp.identity.card import CHARTS
from cdp.identity.model_versions import UNTRAINED, Versions
from cdp.identity.rules import IdentityFile
from cdp.planning import jobs
from cdp.planning.measured import runs as measured
from cdp.store.peek import peek

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call

CURRENT = "current"


class PlanBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/identity/plan` takes."""

    identity: dict[Annotated[str, msgspec.Meta(max_length=100)], Any] | None = None
    retrain: bool = False


def begin(call: Call) -> Answer:
    """Begin to work out what changed rules would do; nothing of the workspace changes."""
    key = call.caller
    body = decoded(call.body, PlanBody)
    if body.identity is not None:
        _check(body.identity)
    home = call.context.home
    asked = jobs.Asked(
        once=once(call) or secrets.token_hex(8),
        at=call.context.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
        by=key.name,
        identity=body.identity,
        retrain=body.retrain,
    )
    plan, is_new = jobs.begin(home.parent, home, asked)
    call.note("identity.plan", plan["plan_id"])
    encoded = msgspec.json.encode(plan)
    if is_new:
        return call.accepted(encoded, f"/v1/identity/plans/{plan['plan_id']}")
    return call.reply(encoded)


def read(call: Call) -> Answer:
    """Answer with a plan, finished or not."""
    plan = jobs.read(call.context.home, call.path("plan_id"))
    call.note("identity.plan.read", plan["plan_id"])
    return call.reply(msgspec.json.encode(plan))


def runs(call: Call) -> Answer:
    """List the runs that identity resolution was measured in, latest first."""
    after = call.cursor()
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 16):  # noqa: PLR2004
        raise InvalidError(("cursor", "use the next_cursor of the page before"))
    limit = call.limit()
    with peek(call.context.home) as warehouse:
        found = measured(warehouse, limit + 1, int(after) if after is not None else None)
    more = str(found[limit - 1]["run_id"]) if len(found) > limit else None
    return call.reply_page([msgspec.json.encode(run) for run in found[:limit]], more)


def model(call: Call) -> Answer:
    """Answer with the card of a version of the identity model, or with its charts."""
    versions = Versions(call.context.home)
    asked = call.path("version")
    name = versions.current if asked == CURRENT else asked
    if name == UNTRAINED or name not in versions.every():
        msg = f"there is no identity model {asked[:40]!r}; `current` names the one that decides"
        raise NotFoundError(msg)
    folder = versions.folder / name
    if _wants_charts(call) and (folder / CHARTS).exists():
        return call.picture((folder / CHARTS).read_bytes(), "text/html; charset=utf-8")
    found = {
        "version": name,
        "is_current": name == versions.current,
        "versions": versions.every(),
        "card": (folder / "card.md").read_text(encoding="utf-8"),
    }
    return call.reply(msgspec.json.encode(found))


def _wants_charts(call: Call) -> bool:
    wanted = call.query("format")
    if wanted not in {None, "json", "html"}:
        raise InvalidError(("format", "use json or html"))
    return wanted == "html" or (wanted is None and b"text/html" in call.headers.get(b"accept", b""))


def _check(rules: dict[str, Any]) -> None:
    try:
        IdentityFile.model_validate(rules)
    except ValidationError as error:
        raise InvalidError(
            *(
                (".".join(["identity", *(str(part) for part in found["loc"])]), found["msg"])
                for found in error.errors()
            )
        ) from None
