"""The certificate of an erasure: what was removed where, sealed so that nobody can change it.

It holds counts, digests and ids that answer as erased, and nothing that tells who it was about.
"""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import InputError
from cdp.store.secret import secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT: Final = 1
_SEAL: Final = "signature"
_ABOUT: Final = b"cdp erasure certificate\n"


def signed(home: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a certificate with the workspace's signature: HMAC-SHA256 over its sorted JSON."""
    content = {name: value for name, value in said.items() if name != _SEAL}
    return content | {_SEAL: _signature(home, content)}


def check(home: Path, certificate: object) -> dict[str, Any]:
    """Return the certificate where this workspace signed it as it is.

    Raises:
        InputError: it is none, or was changed, or another workspace signed it.
    """
    if not isinstance(certificate, dict) or certificate.get("format") != FORMAT:
        msg = "this is no certificate of an erasure; `cdp privacy show ID --json` writes one"
        raise InputError(msg)
    content = {name: value for name, value in certificate.items() if name != _SEAL}
    if not hmac.compare_digest(str(certificate.get(_SEAL)), _signature(home, content)):
        msg = "the signature does not fit: it was changed, or another workspace signed it"
        raise InputError(msg)
    return certificate


def readable(certificate: Mapping[str, Any]) -> str:
    """Return a certificate as a page of text."""
    lines = [
        "CERTIFICATE OF ERASURE",
        "",
        f"request     {certificate['request_id']}",
        f"erased at   {certificate['erased_at']}",
        f"ids         {', '.join(certificate['profile_ids'])} (answered as erased from now on)",
        f"known again by {certificate['tombstones']} keyed digests, which tell nobody's name",
        "",
        "removed:",
    ]
    for layer, counts in sorted(certificate["removed"].items()):
        lines.append(f"  {layer}: {sum(counts.values()):,}")
        lines += [f"    {name:<44} {count:>8,}" for name, count in sorted(counts.items())]
    lines += ["", f"left behind: {sum(certificate['left'].values()):,}", ""]
    if certificate["shared_identifiers"]:
        lines.append(
            f"{certificate['shared_identifiers']} identifiers stay with others who have them, too."
        )
    lines += [f"not ours to change: {text}" for text in certificate["not_ours"]]
    lines += ["", f"signature {certificate[_SEAL]}"]
    return "\n".join(lines)


def _signature(home: Path, content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    key = secret_of(home, "privacy")
    return hmac.new(key, _ABOUT + text.encode(), "sha256").hexdigest()
