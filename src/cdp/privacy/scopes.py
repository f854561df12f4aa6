"""Scopes: what a key can be allowed to do. Every endpoint names the one that it needs."""

from __future__ import annotations

import re
from typing import Final

ADMIN: Final = "admin"
PERSONAL: Final = "pii:read"
VIEW: Final = "view:"
SCOPES = {
    "profiles:read": "read profiles and accounts, personal data masked",
    "profiles:resolve": "ask who an incoming record is, personal data masked",
    "pii:read": "see personal data unmasked where it may be read at all",
    "events:write": "send events and records in",
    "segments:read": "list segments and their members, and try definitions out",
    "segments:write": "make and change segments, and put people into static groups",
    "exports:write": "export segments to files and destinations, through the consent gate",
    "exports:read": "see exports and download their files, contact points unmasked",
    "reviews:read": "read the review queue and the decisions of stewards",
    "reviews:write": "decide as a steward, and undo decisions",
    "calls:write": "say that somebody was not who called, and take that back",
    "runs:read": "read the history of runs, their measures and the identity models",
    "schedules:write": "ask for what is done by the clock, pause and resume it",
    "quarantine:read": "list what waits in quarantine, and the corrections of records",
    "quarantine:write": "correct, drop or let through records in quarantine",
    "privacy:read": "read requests of persons, their packages, and restricted profiles",
    "privacy:write": "ask for access, export, erasure and restriction on behalf of a person",
    "consents:write": "keep permissions that somebody gave or withdrew",
    "audit:read": "read who saw or changed what",
    "identity:plan": "try what changed identity rules would do, without effect",
    "admin": "everything",
}
_VIEW_SCOPE = re.compile(r"view:[a-z][a-z0-9_-]{0,40}")


def is_scope(scope: str) -> bool:
    """Whether a key can have this scope."""
    return scope in SCOPES or _VIEW_SCOPE.fullmatch(scope) is not None
