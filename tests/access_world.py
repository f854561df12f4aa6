"""A published workspace with regions and roles: Ada is of the EU, Bob of the US, Acme of both."""

import base64
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from builders import Value, add, opened, workspace
from cdp.privacy import keys
from cdp.privacy.keys import Terms
from cdp.settings import Workspace
from published import ACME, ADA, BOB, NOW, SCENARIOS, fill, publish

ROLES: dict[str, object] = {
    "agent": {"views": ["service"], "sees": ["name"]},
    "europe": {"scopes": ["profiles:read", "profiles:resolve", "segments:read"], "regions": ["EU"]},
    "america": {"scopes": ["profiles:read"], "regions": ["US"]},
    "europe-all": {"scopes": ["profiles:read", "pii:read", "reviews:read"], "regions": ["EU"]},
    "marketer": {"scopes": ["profiles:read"], "purposes": ["marketing", "newsletter"]},
    "phones": {"scopes": ["profiles:read"], "sees": ["contact", "free_text"]},
    "money": {"scopes": ["profiles:read"], "sees": ["financial"]},
}


def access_world(folder: Path) -> Workspace:
    """Return the workspace, published with regions, its roles declared."""
    place = workspace(folder, {"cdp.yaml": {"name": "test", "country": "DE"}} | SCENARIOS)
    declare(place)
    with opened(folder) as warehouse:
        fill(warehouse)
        for record, region in (("crm:1", "EU"), ("shop:ada@example.org", "EU"), ("crm:2", "US")):
            warehouse.connection.execute(
                "update gold.source_record set region = ? where record_id = ?", [region, record]
            )
        for record, region in (("crm:3", "EU"), ("crm:4", "US")):
            row: dict[str, Value] = {"record_id": record, "profile_id": ACME, "source": "crm"}
            of_firm: dict[str, Value] = {"entity_type": "organisation", "region": region}
            add(warehouse, "gold.source_record", row | of_firm)
        for other in (BOB, ACME):
            tie: dict[str, Value] = {"profile_id": ADA, "other_id": other, "kind": "knows"}
            add(warehouse, "gold.relationship", tie | {"records": ["crm:1"]})
        publish(place, warehouse)
    return place


def declare(place: Workspace, oidc: dict[str, object] | None = None) -> None:
    """Write `access.yaml` with the roles, and an issuer if there is one."""
    declared = {"roles": ROLES} | ({"oidc": oidc} if oidc is not None else {})
    (place.root / "access.yaml").write_text(yaml.safe_dump(declared), encoding="utf-8")


def key_of(place: Workspace, *roles: str, scopes: tuple[str, ...] = ()) -> str:
    """Return the token of a new key with these roles and scopes."""
    terms = Terms(roles=frozenset(roles))
    return keys.create(place.home, " ".join(roles) or "plain", scopes, at=NOW, terms=terms)[1]


def ended_key(place: Workspace, *, at: datetime) -> str:
    """Return the token of a key of an administrator that has ended."""
    terms = Terms(expires_at=at)
    return keys.create(place.home, "ended", ["admin"], at=at - timedelta(days=1), terms=terms)[1]


def revoked_key(place: Workspace) -> str:
    """Return the token of a key of an administrator that was revoked."""
    made, token = keys.create(place.home, "revoked", ["admin"], at=NOW)
    keys.revoke(place.home, made.key_id, at=NOW)
    return token


def basic(user: str) -> str:
    """Return the Authorization of Basic with this user and no password."""
    return "Basic " + base64.b64encode(f"{user}:".encode()).decode()
