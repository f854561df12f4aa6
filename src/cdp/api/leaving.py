"""What every answer gets on its way out: an ETag on reads, and gzip for whom wants it."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.api.answer import Answer

SMALLEST: Final = 2048
"""Bytes from which on a body is packed: below it saves no packet."""
LONG: Final = 64 * 1024
"""Bytes from which on packing is not for the event loop."""
_READS: Final = frozenset({"GET", "HEAD"})
_LEVEL: Final = 1
_GZIP: Final = 31


def tag_of(body: bytes) -> str:
    """Return the ETag of a body."""
    return f'"{hashlib.blake2b(body, digest_size=10).hexdigest()}"'


def is_known(headers: Mapping[bytes, bytes], tag: str) -> bool:
    """Whether the caller has the body of this tag already (If-None-Match)."""
    known = headers.get(b"if-none-match")
    return known is not None and (known.strip() == b"*" or tag.encode() in known)


def tagged(answered: Answer, method: str, headers: Mapping[bytes, bytes]) -> Answer:
    """Return the answer to a read with its ETag, without body where the caller has it already."""
    if answered.status != 200 or method not in _READS or "etag" in answered.headers:  # noqa: PLR2004 - OK
        return answered
    tag = tag_of(answered.body)
    more = {**answered.headers, "etag": tag}
    if is_known(headers, tag):
        return replace(answered, status=304, body=b"", headers=more)
    return replace(answered, headers=more)


def wants_packed(answered: Answer, headers: Mapping[bytes, bytes]) -> bool:
    """Whether the body is long enough to be packed, and the caller takes gzip."""
    if len(answered.body) < SMALLEST or "content-encoding" in answered.headers:
        return False
    accepted = headers.get(b"accept-encoding")
    return accepted is not None and _takes_gzip(accepted.lower())


def packed(answered: Answer) -> Answer:
    """Return the answer with its body in gzip; its ETag is weak, as the bytes are others."""
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    body = packing.compress(answered.body) + packing.flush()
    headers = {**answered.headers, "content-encoding": "gzip"}
    if "etag" in headers and not headers["etag"].startswith("W/"):
        headers["etag"] = f"W/{headers['etag']}"
    vary = headers.get("vary", "")
    if "accept-encoding" not in vary:
        headers["vary"] = f"{vary}, accept-encoding" if vary else "accept-encoding"
    return replace(answered, body=body, headers=headers)


def _takes_gzip(accepted: bytes) -> bool:
    for choice in accepted.split(b","):
        name, _, parameters = choice.partition(b";")
        if name.strip() in {b"gzip", b"x-gzip", b"*"}:
            weight = parameters.replace(b" ", b"")
            return not weight.startswith(b"q=0") or weight.strip(b"q=0.") != b""
    return False
