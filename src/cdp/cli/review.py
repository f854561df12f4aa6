"""`cdp review`: the steward's desk: what is doubtful, what was decided, and deciding it."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import click

from cdp.cli.options import (
    clock,
    deciding_options,
    json_option,
    note,
    open_workspace,
    workspace_option,
)
from cdp.publish.served import Published
from cdp.steward.decisions import document
from cdp.steward.desk import Desk, Order, Steward
from cdp.steward.explain import explain
from cdp.steward.queue import DIRECTIONS, Filter, Overlay, items
from cdp.steward.words import pair_sentences, percent

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store.state_decisions import Action, Decision

_RECORDS_SHOWN = 8


@click.group()
def COMMAND() -> None:  # noqa: N802 - the contract of cdp.cli
    """Review doubtful matches, and decide who is who.

    A decision is kept at once, takes effect at the next run, and is respected by every later one.
    """


@COMMAND.command("list")
@click.option("--direction", type=click.Choice(DIRECTIONS), help="Only one kind of question.")
@click.option("--all", "everything", is_flag=True, help="Decided questions too.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@workspace_option
@json_option
def list_(
    direction: str | None, everything: bool, limit: int, workspace_dir: Path, as_json: bool
) -> None:
    """List the questions that are worth most: uncertainty times what is at stake."""
    home = open_workspace(workspace_dir).home
    generation = Published(home).current()
    wanted = Filter(direction=direction, status=None if everything else "open")
    found = [item for _, item in islice(items(generation, Overlay.read(home), wanted), limit)]
    _note(home, found)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(_row(item) for item in found) or "nothing to decide")


@COMMAND.command()
@click.argument("item_id")
@workspace_option
@json_option
def show(item_id: str, workspace_dir: Path, as_json: bool) -> None:
    """Show the question ITEM_ID: both sides, and the pair that tells most."""
    workspace = open_workspace(workspace_dir)
    generation = Published(workspace.home).current()
    item = Overlay.read(workspace.home).shown(generation.review(item_id))
    country = workspace.about.country
    found = explain(workspace.home, item["record_l"], item["record_r"], country)
    _note(workspace.home, [item])
    if as_json:
        click.echo(json.dumps(item | {"pair": found.telling}, indent=2, ensure_ascii=False))
        return
    lines = [f"{item['item_id']}  {_question(item)}  ({item['status']})", ""]
    lines += [
        f"  one side:   {_listed(item['side_l'])}",
        f"  other side: {_listed(item['side_r'])}",
    ]
    lines.append(
        f"  chance that they are one: {percent(item['chance'])}; together their "
        f"records say {item['pooled_weight']:+.1f}"
    )
    lines.append(
        f"  at stake: {item['records']} records, {item['orders']} orders, "
        f"{item['consents']} consents"
    )
    if item["decision_id"] is not None:
        lines.append(f"  decision {item['decision_id']} answers it; the next run respects it")
    strength = "strongest" if item["direction"] == "apart" else "weakest"
    if found.telling is not None:
        lines += ["", f"the {strength} pair between the sides:", *pair_sentences(found.telling)]
    click.echo("\n".join(lines))


def _note(home: Path, shown: list[dict[str, Any]]) -> None:
    ids = [item[side] for item in shown for side in ("profile_id", "other_id")]
    note(home, "review.read", dict.fromkeys(id_ for id_ in ids if id_ is not None))


@COMMAND.command()
@click.argument("what", nargs=-1, required=True)
@deciding_options
def confirm(what: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's options
    """Say that they are one: ITEM of the queue, or two records or references."""
    _decide("confirm", what, **given)


@COMMAND.command()
@click.argument("what", nargs=-1, required=True)
@deciding_options
def reject(what: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's options
    """Say that they are not one: ITEM of the queue, or two records or references."""
    _decide("reject", what, **given)


@COMMAND.command()
@click.argument("refs", nargs=-1, required=True)
@deciding_options
def merge(refs: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's options
    """Make one of two or more profiles, named by id, reference or one of their records."""
    _carry_out(Order("merge", refs=refs), **given)


@COMMAND.command()
@click.argument("profile")
@click.argument("records", nargs=-1, required=True)
@deciding_options
def split(profile: str, records: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's options
    """Take RECORDS out of PROFILE, for good."""
    _carry_out(Order("split", refs=(profile,), records=records), **given)


@COMMAND.command()
@click.argument("decision_id", type=int)
@deciding_options
def undo(decision_id: int, **given: Any) -> None:  # noqa: ANN401 - click's options
    """Take the decision DECISION_ID out of force; it stays in the log."""
    desk, steward = _desk(given)
    _tell(desk.undo(decision_id, steward), given["as_json"])


@COMMAND.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@workspace_option
@json_option
def log(limit: int, workspace_dir: Path, as_json: bool) -> None:
    """List all decisions ever made, latest first."""
    workspace = open_workspace(workspace_dir)
    made = Desk(workspace.home, workspace.about.country).log(limit)
    if as_json:
        click.echo(json.dumps([document(d) for d in made], indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(line for d in made for line in _told(d)) or "nothing was decided yet")


def _decide(action: str, what: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's options
    chosen = cast("Action", action)
    if len(what) == 1:
        _carry_out(Order(chosen, item_id=what[0]), **given)
    else:
        _carry_out(Order(chosen, refs=what), **given)


def _carry_out(order: Order, **given: Any) -> None:  # noqa: ANN401 - click's options
    desk, steward = _desk(given)
    decision, _ = desk.decide(order, steward)
    _tell(decision, given["as_json"])


def _desk(given: dict[str, Any]) -> tuple[Desk, Steward]:
    workspace = open_workspace(given["workspace_dir"])
    desk = Desk(workspace.home, workspace.about.country)
    return desk, Steward(given["name"], given["why"], clock())


def _tell(decision: Decision, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(document(decision), indent=2, ensure_ascii=False))
        return
    done = "is undone" if decision.undone_at else "is kept"
    click.echo(
        f"decision {decision.decision_id} {done} ({decision.action}, {decision.pairs} pairs of "
        "records); it takes effect at the next `cdp run`"
    )


def _row(item: dict[str, Any]) -> str:
    """Return a question in two lines: what is asked, and what it is worth."""
    worth = (
        f"chance {percent(item['chance'])}; at stake {item['records']} records, "
        f"{item['orders']} orders, {item['consents']} consents; worth {item['worth']:.1f}"
    )
    answered = f"; decision {item['decision_id']}" if item["decision_id"] is not None else ""
    return f"{item['item_id']}  {_question(item)}\n{'':16}{worth}{answered}"


def _told(decision: Decision) -> list[str]:
    """Return a decision in two lines, three when it was undone."""
    asked = f"{decision.action} {' '.join(decision.subject)} ({decision.pairs} pairs)"
    when = f"{decision.decided_at:%Y-%m-%d %H:%M}"
    lines = [
        f"{decision.decision_id:>4}  {when}  {decision.actor}: {asked}",
        f"      {decision.reason}",
    ]
    if decision.undone_at is not None:
        lines.append(
            f"      undone {decision.undone_at:%Y-%m-%d %H:%M} by {decision.undone_by}: "
            f"{decision.undone_reason}"
        )
    return lines


def _question(item: dict[str, Any]) -> str:
    name = item["name"] or "(no name)"
    if item["direction"] == "joined":
        return f"is {name} {item['profile_id']} two?"
    other = item["other_name"] or "(no name)"
    return f"are {name} {item['profile_id']} and {other} {item['other_id']} one?"


def _listed(records: list[str]) -> str:
    more = len(records) - _RECORDS_SHOWN
    return ", ".join(records[:_RECORDS_SHOWN]) + (f" and {more} more" if more > 0 else "")
