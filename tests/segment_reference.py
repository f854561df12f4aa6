"""Who satisfies a definition of a segment, one by one: slow, plain, and blind to the compiler."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = dict[str, Any]
TIME_OF = {"interaction": "occurred_at", "order": "ordered_at", "order_line": "ordered_at"}
NONE_OF_IT = {"order_id": "", "line": 0, "interaction_id": ""}
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reference:
    """Rows by table, other segments by name, and the moment that is looked from."""

    rows: dict[str, list[Row]]
    others: dict[str, Row]
    now: datetime

    def members(self, definition: Row) -> set[str]:
        of, where = definition.get("of", "person"), definition["where"]
        return {id_ for id_, row in self.everybody(of) if self.satisfies((id_, row, of), where)}

    def everybody(self, of: str) -> list[tuple[str, Row]]:
        table = "account" if of in {"organisation", "group"} else "profile"
        return [
            (row[f"{table}_id"], row)
            for row in self.rows[f"gold.{table}"]
            if row[f"{table}_type"] == of
        ]

    def satisfies(self, member: tuple[str, Row, str], condition: Row) -> bool:
        meanings: dict[str, Callable[[tuple[str, Row, str], Row], bool]] = {
            "all": lambda m, c: all(self.satisfies(m, one) for one in c["all"]),
            "any": lambda m, c: any(self.satisfies(m, one) for one in c["any"]),
            "not": lambda m, c: not self.satisfies(m, c["not"]),
            "attribute": lambda m, c: self.compares(m[1][c["attribute"]], c),
            "feature": self.has_feature,
            "score": self.has_score,
            "consent": self.has_consent,
            "segment": lambda m, c: m[0] in self.members(self.others[c["segment"]]),
            "event": self.did,
            "never": lambda m, c: not self.events(m, c["never"], c),
            "sequence": self.in_order,
            "contacts": self.has_contacts,
            "related": self.has_related,
            "household": self.lives_with,
            "account": lambda m, c: self.above(m[1]["account_id"], c["account"]),
            "parent": lambda m, c: self.above(m[1]["parent_account_id"], c["parent"]),
            "interest": self.likes,
        }
        (kind,) = set(meanings) & set(condition)
        return meanings[kind](member, condition)

    def of_member(self, table: str, member: tuple[str, Row, str]) -> list[Row]:
        return [row for row in self.rows[table] if row["profile_id"] == member[0]]

    def has_feature(self, member: tuple[str, Row, str], condition: Row) -> bool:
        facts = self.of_member("gold.feature", member)
        return any(self.compares(fact[condition["feature"]], condition) for fact in facts)

    def has_score(self, member: tuple[str, Row, str], condition: Row) -> bool:
        mine = [
            row
            for row in self.of_member("gold.score", member)
            if row["score"] == condition["score"]
        ]
        if condition.get("exists") is False:
            return not mine
        found = False
        for row in mine:
            fits = self.compares(
                row["value"], {k: v for k, v in condition.items() if k != "exists"}
            )
            for name in ("band", "status"):
                asked = condition.get(name)
                if asked is not None:
                    fits = fits and row[name] in ([asked] if isinstance(asked, str) else asked)
            if "top_deciles" in condition:
                best = 10 - condition["top_deciles"]
                fits = fits and row["decile"] is not None and row["decile"] > best
            if "decile" in condition:
                fits = fits and self.compares(row["decile"], condition["decile"])
            found = found or fits
        return found

    def has_consent(self, member: tuple[str, Row, str], condition: Row) -> bool:
        wanted = {"purpose": condition["consent"], "state": condition.get("state", "granted")}
        wanted |= {name: condition[name] for name in ("channel", "best") if name in condition}
        return any(
            all(row[name] == value for name, value in wanted.items())
            for row in self.of_member("gold.consent", member)
        )

    def likes(self, member: tuple[str, Row, str], condition: Row) -> bool:
        asked = condition["interest"]
        topics = {one.lower() for one in ([asked] if isinstance(asked, str) else asked)}
        for row in self.of_member("gold.enrichment", member):
            if row["attribute"] == "interests":
                told = row["value"].lower().split("; ")[: condition.get("top", 5)]
                if topics & set(told):
                    return True
        return False

    # events

    def events(self, member: tuple[str, Row, str], event: str, asked: Row) -> list[Row]:
        """The events that are meant, in their window, earliest first."""
        meant = self.meant(member, event, asked)
        return [row for row in meant if self.in_window(row[TIME_OF[event]], asked)]

    def meant(self, member: tuple[str, Row, str], event: str, asked: Row) -> list[Row]:
        id_, _, of = member
        key = "account_id" if of in {"organisation", "group"} else "profile_id"
        read = {*asked.get("where", {}), *asked.get("having", {})}
        read |= {asked[name] for name in ("sum", "avg", "min", "max") if name in asked}
        found = []
        for row in self.every(event):
            if row[key] != id_ or row[TIME_OF[event]] > self.now:
                continue
            if event.startswith("order") and row["duplicate_of"] is not None:
                continue
            if event.startswith("order") and "status" not in read and row["status"] == "cancelled":
                continue
            if self.is_like(row, asked.get("where", {})):
                found.append(row)
        return sorted(found, key=lambda row: (row[TIME_OF[event]], *identity(event, row)))

    def every(self, event: str) -> list[Row]:
        if event != "order_line":
            return self.rows[f"gold.{event}"]
        orders = {row["order_id"]: row for row in self.rows["gold.order"]}
        products = {row["product_id"]: row["category"] for row in self.rows["gold.product"]}
        return [
            {**orders[line["order_id"]], **line, "category": products.get(line["product_id"])}
            for line in self.rows["gold.order_line"]
            if line["order_id"] in orders
        ]

    def is_like(self, row: Row, where: Row) -> bool:
        for name, wanted in where.items():
            plain = {"one_of": wanted} if isinstance(wanted, list) else {"is": wanted}
            if not self.compares(row[name], wanted if isinstance(wanted, dict) else plain):
                return False
        return True

    def did(self, member: tuple[str, Row, str], condition: Row) -> bool:
        event = condition["event"]
        if "which" in condition:
            meant = self.meant(member, event, condition)
            if not meant:
                return False
            one = meant[0] if condition["which"] == "first" else meant[-1]
            fits = self.is_like(one, condition.get("having", {}))
            return fits and self.in_window(one[TIME_OF[event]], condition)
        found = self.events(member, event, condition)
        number = self.measured(found, condition)
        bounds: Row = {
            n: condition[n]
            for n in ("at_least", "at_most", "more_than", "less_than")
            if n in condition
        }
        if not bounds:
            return bool(found)
        return number is not None and self.compares(number, bounds)

    def measured(self, found: list[Row], condition: Row) -> float | None:
        measure = next(
            (m for m in ("sum", "avg", "min", "max", "distinct") if m in condition), None
        )
        if measure is None:
            return len(found)
        field = condition[measure]
        if (
            field == "amount"
            and measure != "distinct"
            and "currency" not in condition.get("where", {})
        ):
            usual = [row["currency"] for row in self.rows["gold.feature"] if row["currency"]]
            currency = condition.get("currency", max(usual, default=None))
            found = [row for row in found if row["currency"] == currency and currency is not None]
        values = [row[field] for row in found if row[field] is not None]
        if measure == "distinct":
            return len(set(values))
        if measure == "sum":
            return float(sum(values))
        if not values:
            return None
        return float(
            {"avg": sum(values) / len(values), "min": min(values), "max": max(values)}[measure]
        )

    def in_order(self, member: tuple[str, Row, str], condition: Row) -> bool:
        first, *rest = condition["sequence"]
        starts = [
            row[TIME_OF[first["event"]]] for row in self.events(member, first["event"], first)
        ]
        return any(self.goes_on(member, start, rest) for start in starts)

    def goes_on(self, member: tuple[str, Row, str], after: datetime, steps: list[Row]) -> bool:
        if not steps:
            return True
        step, *rest = steps
        limit = timedelta(days=step.get("after_days", 1_000_000))
        times = [row[TIME_OF[step["event"]]] for row in self.events(member, step["event"], step)]
        following = [at for at in times if after < at and at - after <= limit]
        if step.get("never"):
            return not following
        return any(self.goes_on(member, at, rest) for at in following)

    # others

    def has_contacts(self, member: tuple[str, Row, str], condition: Row) -> bool:
        ties = self.ties(member[0], None, "to", ended=False)
        return self.so_many(ties, "person", condition["contacts"], condition)

    def has_related(self, member: tuple[str, Row, str], condition: Row) -> bool:
        kind = None if condition["related"] == "any" else condition["related"]
        direction = condition.get("direction", "either")
        ties = self.ties(member[0], kind, direction, ended=condition.get("ended", False))
        return self.so_many(ties, condition["other"], condition.get("satisfies"), condition)

    def ties(self, id_: str, kind: str | None, direction: str, *, ended: bool) -> set[str]:
        found = set()
        for row in self.rows["gold.relationship"]:
            if kind is not None and row["kind"] != kind:
                continue
            is_over = row["valid_to"] is not None and row["valid_to"] <= self.now
            is_to_come = row["valid_from"] is not None and row["valid_from"] > self.now
            if is_over != ended or (is_to_come and not ended):
                continue
            if row["profile_id"] == id_ and direction != "to":
                found.add(row["other_id"])
            if row["other_id"] == id_ and direction != "from":
                found.add(row["profile_id"])
        return found

    def lives_with(self, member: tuple[str, Row, str], condition: Row) -> bool:
        homes = {row["household_id"] for row in self.of_member("gold.household_member", member)}
        living = {
            row["profile_id"]
            for row in self.rows["gold.household_member"]
            if row["household_id"] in homes
        }
        if condition.get("others"):
            living.discard(member[0])
        return self.so_many(living, "person", condition["household"], condition)

    def so_many(self, ids: Iterable[str], of: str, inner: Row | None, condition: Row) -> bool:
        chosen = set(ids)
        there = [(id_, row, of) for id_, row in self.everybody(of) if id_ in chosen]
        fit = [one for one in there if inner is None or self.satisfies(one, inner)]
        if condition.get("every"):
            return bool(there) and len(fit) == len(there)
        lowest = condition.get("at_least", 0 if "at_most" in condition else 1)
        return bool(lowest <= len(fit) <= condition.get("at_most", len(fit)))

    def above(self, id_: str | None, inner: Row) -> bool:
        return any(
            self.satisfies((other, row, "organisation"), inner)
            for other, row in self.everybody("organisation")
            if other == id_
        )

    # values and moments

    def in_window(self, at: datetime, asked: Row) -> bool:
        first, last = asked.get("between", (asked.get("from"), asked.get("to")))
        wanted: Row = {n: asked[n] for n in ("within_days", "older_than_days") if n in asked}
        wanted |= {"at_least": first} if first is not None else {}
        wanted |= {"at_most": last} if last is not None else {}
        return self.compares(at, wanted)

    def compares(self, value: Any, wanted: Row) -> bool:
        """Whether a value is there and all comparisons hold; other keys are not looked at."""
        if isinstance(value, date):
            if not isinstance(value, datetime):
                value = datetime.combine(value, time())
            return self.is_when(value, wanted)
        there = value is not None and value != []
        if "exists" in wanted and there != wanted["exists"]:
            return False
        asked = {name: target for name, target in wanted.items() if name in _CHECKS}
        timed = {"within_days", "older_than_days"} & set(wanted)
        if not there:
            return not asked and not timed
        lower = bool(wanted.get("ignore_case"))
        held = _folded(value, lower=lower)
        return all(_CHECKS[name](held, _folded(w, lower=lower)) for name, w in asked.items())

    def is_when(self, at: datetime, wanted: Row) -> bool:
        if wanted.get("exists") is False:
            return False
        ok = True
        if "within_days" in wanted:
            ok &= self.now - timedelta(days=wanted["within_days"]) < at <= self.now
        if "older_than_days" in wanted:
            ok &= at <= self.now - timedelta(days=wanted["older_than_days"])
        bounds: Row = {
            n: wanted[n] for n in ("at_least", "at_most", "more_than", "less_than") if n in wanted
        }
        if "between" in wanted:
            for name, bound in zip(("at_least", "at_most"), wanted["between"], strict=True):
                ok &= self.is_when(at, {name: bound})
        for name, text in bounds.items():
            start, end = self.stretch(text)
            ok &= {
                "at_least": at >= start,
                "at_most": at < end if end != start else at <= start,
                "more_than": at >= end if end != start else at > start,
                "less_than": at < start,
            }[name]
        return bool(ok)

    def stretch(self, text: Any) -> tuple[datetime, datetime]:
        """The moment that is meant, or the beginning and end of the day that is."""
        if isinstance(text, datetime):
            return text, text
        if isinstance(text, date):
            return datetime.combine(text, time()), datetime.combine(text, time()) + ONE_DAY
        today = datetime.combine(self.now.date(), time())
        days = {"yesterday": -1, "today": 0, "tomorrow": 1}
        if text in days:
            start = today + days[text] * ONE_DAY
            return start, start + ONE_DAY
        moment = self.now if text == "now" else self.worded(text, today)
        if moment is None:
            return self.stretch(date.fromisoformat(text))
        return moment, moment

    def worded(self, text: str, today: datetime) -> datetime | None:
        if found := re.fullmatch(r"(\d+) (\w+?)s? ago", text):
            return later(self.now, -int(found[1]), found[2])
        if found := re.fullmatch(r"in (\d+) (\w+?)s?", text):
            return later(self.now, int(found[1]), found[2])
        if found := re.fullmatch(r"start of (?:(last|next) )?(\w+)", text):
            unit, turn = found[2], {"last": -1, "next": 1}.get(found[1] or "", 0)
            starts = {
                "day": today,
                "week": today - timedelta(days=today.weekday()),
                "month": today.replace(day=1),
                "quarter": today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1),
                "year": today.replace(day=1, month=1),
            }
            return later(starts[unit], turn, unit)
        return None


def later(start: datetime, count: int, unit: str) -> datetime:
    """The moment so many hours, days, weeks, months, quarters or years later."""
    if unit in {"hour", "day", "week"}:
        hours = {"hour": 1, "day": 24, "week": 168}[unit]
        return start + timedelta(hours=hours * count)
    months = (
        start.year * 12 + start.month - 1 + {"month": 1, "quarter": 3, "year": 12}[unit] * count
    )
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))


def identity(event: str, row: Row) -> tuple[Any, ...]:
    if event == "order_line":
        return row["order_id"], row["line"]
    return (row[f"{event}_id"],)


def _folded(value: Any, *, lower: bool) -> Any:
    if isinstance(value, list):
        return [_folded(one, lower=lower) for one in value]
    return value.lower() if lower and isinstance(value, str) else value


def _has(held: Any, target: Any) -> bool:
    return bool(set(held) & set(target)) if isinstance(held, list) else held in target


_CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda v, w: v == w,
    "is_not": lambda v, w: v != w,
    "one_of": _has,
    "none_of": lambda v, w: not _has(v, w),
    "at_least": lambda v, w: v >= w,
    "at_most": lambda v, w: v <= w,
    "more_than": lambda v, w: v > w,
    "less_than": lambda v, w: v < w,
    "between": lambda v, w: w[0] <= v <= w[1],
    "contains": lambda v, w: w in v,
    "starts_with": lambda v, w: v.startswith(w),
    "ends_with": lambda v, w: v.endswith(w),
}
