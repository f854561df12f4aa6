"""A small whole workspace: two sources of persons, orders and page views, delivered in pieces.

The persons come from a cast with households, namesakes and misspellings, so that a random
sequence of deliveries merges and splits profiles, and moves what hangs on them.
"""

import csv
import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from cdp.settings import Workspace

GIVEN = ("Nora", "Tomas", "Ilse", "Bram", "Greta", "Yusuf", "Lea", "Oskar", "Mara", "Anton")
FAMILY = ("Quint", "Verhoeve", "Marenko", "Sandoval", "Okafor", "Lindqvist")
STREETS = ("4 Quay Street", "12 Tanner Row", "77 Lake Drive", "9 Mill Lane")
SHARED_EMAIL = "office@quint.example"
CUSTOMER = ("id", "first", "last", "born", "email", "phone", "street", "zip", "city", "news")
RULES: dict[str, object] = {
    "cdp.yaml": {"name": "corner-shop", "country": "US", "data": "data", "as_of": "2026-07-01"},
    "survivorship.yaml": {"default": ["trust_tier", "recency", "frequency"]},
    "sources/crm.yaml": {
        "type": "csv_file",
        "path": "crm",
        "trust_tier": "master_data",
        "mapping": "customers",
        "options": {"object": "customer", "id_column": "id"},
    },
    "sources/shop.yaml": {
        "type": "csv_file",
        "path": "shop",
        "trust_tier": "declared",
        "mapping": "customers",
        "options": {"object": "customer", "id_column": "id"},
    },
    "sources/till.yaml": {
        "type": "jsonl_file",
        "path": "till",
        "trust_tier": "observed",
        "mapping": "till",
        "options": {"id_column": "id"},
    },
    "mappings/customers.yaml": {
        "objects": {
            "customer": {
                "ignore": ["id"],
                "parties": [
                    {
                        "type": {"const": "person"},
                        "attributes": {
                            "given_name": "first",
                            "family_name": "last",
                            "birth_date": "born",
                        },
                        "addresses": [
                            {
                                "street": "street",
                                "postcode": "zip",
                                "city": "city",
                                "when": {"field": "city", "filled": True},
                            }
                        ],
                        "identifiers": [
                            {"kind": "email", "value": "email"},
                            {"kind": "phone", "value": "phone"},
                        ],
                        "consents": [
                            {
                                "contact_kind": {"const": "email"},
                                "contact": "email",
                                "channel": {"const": "email"},
                                "when": {"field": "news", "filled": True},
                                "state": {
                                    "path": "news",
                                    "map": {"yes": "granted", "no": "denied"},
                                },
                            }
                        ],
                    }
                ],
            }
        }
    },
    "mappings/till.yaml": {
        "objects": {
            "order": {
                "ignore": ["id"],
                "orders": [
                    {
                        "party": {"of": "crm", "path": "customer"},
                        "ordered_at": "at",
                        "status": {"const": "completed"},
                        "channel": {"const": "store"},
                        "currency": {"const": "USD"},
                        "amount": "amount",
                    }
                ],
            },
            "view": {
                "ignore": ["id"],
                "interactions": [
                    {
                        "mentions": [{"kind": "email", "value": "email"}],
                        "occurred_at": "at",
                        "channel": {"const": "web"},
                        "type": {"const": "page_view"},
                        "subject": "page",
                    }
                ],
            },
            "club": {
                "ignore": ["id"],
                "parties": [
                    {
                        "type": {"const": "group"},
                        "attributes": {"group_name": "name"},
                        "identifiers": [{"kind": "source", "value": "once"}],
                    }
                ],
                "relationships": [
                    {
                        "each": "members",
                        "party": {"of": "crm", "path": "id"},
                        "to": "@id",
                        "kind": "member_of",
                    }
                ],
            },
            "campaign": {
                "ignore": ["id"],
                "campaigns": [{"name": "name", "status": {"const": "active"}}],
                "campaign_members": [
                    {
                        "each": "members",
                        "id": {"join": ["@id", "id"], "with": "-"},
                        "party": {"of": "crm", "path": "id"},
                        "campaign_id": "@id",
                    }
                ],
                "target_groups": [{"name": "name"}],
                "target_group_members": [
                    {
                        "each": "emails",
                        "id": {"join": ["@id", "email"], "with": "-"},
                        "mentions": [{"kind": "email", "value": "email"}],
                        "target_group_id": "@id",
                    }
                ],
            },
        }
    },
    "segments/buyers.yaml": {
        "description": "who bought",
        "of": "person",
        "where": {"feature": "orders", "at_least": 1},
    },
    "scores/rfm.yaml": {
        "method": "rfm",
        "description": "recency, frequency, amount",
        "of": ["person"],
        "bands": {"champion": 13, "lost": 3},
    },
}

Row = Mapping[str, object]


class CornerShop:
    """A workspace in a folder, and the deliveries it got."""

    def __init__(
        self, root: Path, rules: Mapping[str, object] | None = None, deliveries: int = 0
    ) -> None:
        self.root = root
        self._delivered = deliveries
        for name, content in {**RULES, **(rules or {})}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        for source in ("crm", "shop", "till"):
            (root / "data" / source).mkdir(parents=True, exist_ok=True)

    @property
    def workspace(self) -> Workspace:
        """The workspace, its files read anew."""
        return Workspace(self.root)

    def customers(self, source: str, rows: Iterable[Row]) -> None:
        """Deliver customers to `crm` or `shop`; a known id is a change of that customer."""
        path = self._next(source, "customer", "csv")
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, CUSTOMER, restval="")
            writer.writeheader()
            writer.writerows(rows)

    def events(self, kind: str, rows: Iterable[Row]) -> None:
        """Deliver orders (`order`), page views (`view`), clubs (`club`) or `campaign`s."""
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        self._next("till", kind, "jsonl").write_text(lines, encoding="utf-8")

    def _next(self, source: str, kind: str, suffix: str) -> Path:
        self._delivered += 1
        return self.root / "data" / source / f"{kind}-{self._delivered:04}.{suffix}"


def customer(number: int, seed: int) -> dict[str, object]:
    """Return customer `number` as this seed tells it; most seeds change what others tell."""
    draw = random.Random(f"{number}/{seed}")  # noqa: S311 - a test
    person = number % 12
    given, family = GIVEN[person % len(GIVEN)], FAMILY[person % len(FAMILY)]
    home = person % len(STREETS)
    row: dict[str, object] = {
        "id": number,
        "first": draw.choice((given, given, given[0] + ".", given[:-1])),
        "last": draw.choice((family, family, family[:-1] + "e")),
        "born": f"19{60 + person:02}-0{1 + person % 9}-1{person % 10}",
        "email": f"{given}.{family}{person}@mail.example".lower(),
        "phone": f"+1 212 555 01{person:02}",
        "street": STREETS[home],
        "zip": f"1000{home}",
        "city": "New York",
        "news": draw.choice(("yes", "no", "")),
    }
    for name in draw.sample(("born", "email", "phone", "street", "first"), draw.randint(0, 3)):
        row[name] = ""
    if draw.random() < 0.2:
        row["email"] = SHARED_EMAIL
    if not row["street"]:
        row["zip"] = row["city"] = ""
    return row


def order(number: int, customer_id: int) -> dict[str, object]:
    """Return one order of a customer of the crm."""
    at = f"2026-0{1 + number % 6}-1{number % 10}T10:00:00Z"
    return {"id": number, "customer": str(customer_id), "at": at, "amount": f"{10 + number}.00"}


def view(number: int, email: object) -> dict[str, object]:
    """Return one page view by whoever owns this e-mail address."""
    at = f"2026-0{1 + number % 6}-2{number % 9}T12:00:00Z"
    return {"id": f"v{number}", "email": email, "at": at, "page": f"/p/{number % 5}"}


def club(number: int, name: str, members: Iterable[int], once: str = "") -> dict[str, object]:
    """Return one club of customers of the crm; it may name the key that it had before."""
    return {"id": f"c{number}", "name": name, "once": once, "members": _ids(members)}


def campaign(number: int, name: str, members: Iterable[int]) -> dict[str, object]:
    """Return one campaign for customers of the crm, who are a target group by their e-mail, too."""
    people = list(members)
    emails = [{"email": customer(person, 1)["email"]} for person in people]
    return {"id": f"k{number}", "name": name, "members": _ids(people), "emails": emails}


def _ids(members: Iterable[int]) -> list[dict[str, str]]:
    return [{"id": str(member)} for member in members]
