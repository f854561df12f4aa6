"""What an account of HubSpot holds, and what it answers to whom may read it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

OWN = {
    "contacts": "email firstname lastname salutation phone mobilephone company jobtitle address "
    "city state zip country hs_language lifecyclestage hs_lead_status createdate date_of_birth "
    "hs_email_optout hs_email_optout_11 hs_emailconfirmationstatus hs_merged_object_ids "
    "lastmodifieddate hs_object_id hs_analytics_source",
    "companies": "name domain website phone industry type lifecyclestage address city state zip "
    "country hs_parent_company_id createdate hs_lastmodifieddate hs_object_id hs_merged_object_ids",
    "deals": "dealname amount deal_currency_code dealstage pipeline hs_deal_stage_probability "
    "hs_is_closed hs_is_closed_won closedate createdate dealtype hs_lastmodifieddate hs_object_id",
    "order": "hs_order_name hs_external_order_id hs_external_order_status hs_createdate "
    "hs_external_created_date hs_currency_code hs_total_price hs_source_store hs_cancelled_date "
    "hs_fulfillment_status hs_payment_status hs_lastmodifieddate hs_object_id",
    "cart": "hs_cart_name hs_external_cart_id hs_external_status hs_createdate hs_currency_code "
    "hs_external_created_date hs_total_price hs_source_store hs_lastmodifieddate hs_object_id",
    "tickets": "subject content hs_pipeline hs_pipeline_stage hs_ticket_priority createdate "
    "source_type closed_date hs_lastmodifieddate hs_object_id",
    "products": "name hs_sku price description createdate hs_lastmodifieddate hs_object_id",
    "line_items": "name hs_sku hs_product_id quantity price amount hs_line_item_currency_code "
    "createdate hs_lastmodifieddate hs_object_id",
}
MOST_FOUND = 10_000
Answer = tuple[int, dict[str, Any]]


def wire(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000)


def wrong(message: str, status: int = 400, category: str = "VALIDATION_ERROR") -> Answer:
    told = {"status": "error", "message": message, "category": category, "correlationId": "c-1"}
    return status, told


@dataclass
class Record:
    """A record."""

    id: str
    properties: dict[str, str]
    created: datetime
    updated: datetime
    archived: datetime | None = None


@dataclass
class Account:
    """An account: tables by the name that paths have for an object, and what is tried on it."""

    token: str = "pat-secret"  # noqa: S105 - of an account that is none
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    tables: dict[str, dict[str, Record]] = field(default_factory=lambda: {n: {} for n in OWN})
    custom: dict[str, dict[str, str]] = field(default_factory=dict)
    ends: dict[tuple[str, str, str], list[tuple[str, str | None]]] = field(default_factory=dict)
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    no_addresses: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    refuses_after: set[str] = field(default_factory=set)
    lag: timedelta = timedelta()
    most_ends: int = 500
    longest_address: int = 8_000
    most_found: int = MOST_FOUND
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    meanwhile: Callable[["Account"], None] = lambda _: None
    url: str = ""
    numbers: Any = field(default_factory=lambda: count(900_000))

    def put(self, type_: str, number: int | str, **properties: Any) -> Record:
        """Write a record now."""
        key = str(number)
        record = self.tables[type_].get(key) or Record(key, {}, self.now, self.now)
        record.updated = self.now
        record.properties |= properties | {
            changed(type_): wire(self.now),
            "hs_object_id": key,
        }
        self.tables[type_][key] = record
        return record

    def archive(self, type_: str, number: int) -> None:
        self.tables[type_][str(number)].archived = self.now

    def associate(
        self, type_: str, number: int, to: str, other: int, label: str | None = None
    ) -> None:
        """Associate two records, either way."""
        for one in ((type_, str(number), to, str(other)), (to, str(other), type_, str(number))):
            self.ends.setdefault(one[:3], []).append((one[3], label))

    def merge(self, type_: str, first: int, second: int) -> str:
        """Merge two records into a new one, which the old keys lead to; return its key."""
        table, key = self.tables[type_], str(next(self.numbers))
        before = table.pop(str(second)).properties | table.pop(str(first)).properties
        self.put(type_, key, **before | {"hs_merged_object_ids": f"{first};{second}"})
        self.aliases |= {(type_, str(first)): key, (type_, str(second)): key}
        return key

    def properties(self, type_: str) -> Answer:
        if type_ not in OWN:
            return wrong(f"Unable to infer object type from: {type_}")
        own = [{"name": n, "type": "string", "hubspotDefined": True} for n in OWN[type_].split()]
        made = [
            {"name": name, "type": kind, "hubspotDefined": False}
            for name, kind in self.custom.get(type_, {}).items()
        ]
        return 200, {"results": [each | {"fieldType": "text"} for each in (*own, *made)]}

    def listed(self, type_: str, params: dict[str, str]) -> Answer:
        limit = int(params.get("limit", "10"))
        if limit > 100:
            return wrong("limit: must be at most 100")
        archived = params.get("archived") == "true"
        rows = sorted(self.tables[type_].values(), key=lambda each: int(each.id or 0))
        if params.get("after", "-1") in self.refuses_after:
            return wrong("after: is no place in this list")
        behind = int(params.get("after", "-1"))
        found = [
            r for r in rows if (r.archived is not None) == archived and int(r.id or 0) > behind
        ]
        names = params.get("properties", "").split(",")
        answer: dict[str, Any] = {"results": [shown(r, names) for r in found[:limit]]}
        if len(found) > limit:
            last = found[limit - 1].id
            answer["paging"] = {"next": {"after": last, "link": f"{self.url}/?after={last}"}}
        return 200, answer

    def searched(self, type_: str, body: dict[str, Any]) -> Answer:
        limit, after = int(body.get("limit", 10)), int(body.get("after") or 0)
        if limit > 200:
            return wrong("limit: must be at most 200")
        if after + limit > self.most_found:
            return wrong("The total of after and limit is over 10,000")
        if len(body.get("sorts", [])) > 1:
            return wrong("only one sort is allowed")
        until = self.now - self.lag
        known = [
            r for r in self.tables[type_].values() if r.archived is None and r.updated <= until
        ]
        groups = body.get("filterGroups", [])
        if len(groups) > 5:
            return wrong("filterGroups: at most 5")

        def holds_all(record: Record, filters: list[dict[str, str]]) -> bool:
            return all(self._is_tied(type_, record, f) or holds(record, f) for f in filters)

        hits = [r for r in known if any(holds_all(r, group["filters"]) for group in groups)]
        for sort in body.get("sorts", []):
            name, is_down = sort["propertyName"], sort["direction"] == "DESCENDING"
            hits.sort(key=lambda r: value(r.properties[name]), reverse=is_down)
        page = hits[after : after + limit]
        answer: dict[str, Any] = {
            "total": len(hits),
            "results": [shown(each, body.get("properties", [])) for each in page],
        }
        if len(hits) > after + limit:
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return 200, answer

    def _is_tied(self, type_: str, record: Record, filter_: dict[str, str]) -> bool:
        """Return whether a filter names by `associations.contact` whom a record belongs to."""
        kind, _, to = filter_["propertyName"].partition(".")
        if kind != "associations":
            return False
        many = {"contact": "contacts", "company": "companies"}[to]
        return any(
            key == filter_["value"] for key, _ in self.ends.get((type_, record.id, many), [])
        )

    def read(self, type_: str, body: dict[str, Any]) -> Answer:
        keys = [each["id"] for each in body["inputs"]]
        if len(keys) > 100:
            return wrong("inputs: at most 100")
        wanted = [self.aliases.get((type_, key), key) for key in keys]
        there = [self.tables[type_].get(key) for key in dict.fromkeys(wanted)]
        found = [shown(r, body["properties"]) for r in there if r is not None and not r.archived]
        answer = {"status": "COMPLETE", "results": found, "startedAt": wire(self.now)}
        return (200 if all(there) else 207), answer | {"completedAt": wire(self.now)}

    def associated(self, type_: str, to: str, body: dict[str, Any]) -> Answer:
        results = []
        if len(body["inputs"]) > 1_000:
            return wrong("inputs: at most 1000")
        for each in body["inputs"]:
            ends = self.ends.get((type_, each["id"], to), [])
            behind = int(each.get("after") or 0)
            page = ends[behind : behind + self.most_ends]
            if not page:
                continue
            result: dict[str, Any] = {
                "from": {"id": each["id"]},
                "to": [{"toObjectId": int(key), "associationTypes": kinds(n)} for key, n in page],
            }
            if len(ends) > behind + self.most_ends:
                result["paging"] = {"next": {"after": str(behind + self.most_ends)}}
            results.append(result)
        stamps = {"startedAt": wire(self.now), "completedAt": wire(self.now)}
        return 200, {"status": "COMPLETE", "results": results, **stamps}

    def subscribed(self, params: dict[str, str], body: dict[str, Any]) -> Answer:
        if not self.no_addresses.isdisjoint(body["inputs"]):
            return wrong("Invalid input: that is no e-mail address")
        if params.get("channel") != "EMAIL":
            return wrong("channel is required")
        if len(body["inputs"]) > 100:
            return wrong("inputs: at most 100")
        found = [
            {"subscriberIdString": each, "statuses": self.statuses.get(each, [])}
            for each in body["inputs"]
        ]
        return 200, {"status": "COMPLETE", "results": found}


def changed(type_: str) -> str:
    return "lastmodifieddate" if type_ == "contacts" else "hs_lastmodifieddate"


def kinds(label: str | None) -> list[dict[str, Any]]:
    named = [] if label is None else [{"category": "HUBSPOT_DEFINED", "typeId": 1, "label": label}]
    return [*named, {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}]


def value(text: str) -> float:
    return float(milliseconds(text)) if "T" in text else float(text)


def holds(record: Record, filter_: dict[str, str]) -> bool:
    said = record.properties.get(filter_["propertyName"])
    if said is None or filter_["operator"] == "HAS_PROPERTY":
        return said is not None
    if filter_["operator"] == "EQ":
        return said == filter_["value"]
    one, other = value(said), float(filter_["value"])
    compared = {"GTE": one >= other, "GT": one > other, "LT": one < other}
    return compared[filter_["operator"]]


def shown(record: Record, names: list[str]) -> dict[str, Any]:
    wanted = [name for name in (*names, "hs_object_id") if name]
    told: dict[str, Any] = {
        "id": record.id,
        "properties": {name: record.properties.get(name) for name in wanted},
        "createdAt": wire(record.created),
        "updatedAt": wire(record.updated),
        "archived": record.archived is not None,
    }
    return told | ({"archivedAt": wire(record.archived)} if record.archived is not None else {})
