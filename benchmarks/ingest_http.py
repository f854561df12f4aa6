"""A server of pages as SAP Cloud for Customer has them, and a client that only fetches them.

Pages are made before the first is asked for, and served from a process of their own. Below `far/`
the server thinks a tenth of a second about each page, as a system at the other end of a line does.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 1_000
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
THINKS = 0.1
_SINCE = re.compile(r"datetimeoffset'([^']+)'")
_PAGE = re.compile(r"[?&]page=(\d+)")


@contextmanager
def serving(pages: int) -> Iterator[str]:
    """Serve so many pages from another process while the block runs; yield the address."""
    command = [sys.executable, __file__, str(pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # noqa: S101 - it was asked for
        yield server.stdout.readline().strip()
        server.terminate()


def fetch(address: str, pages: int) -> int:
    """Fetch all pages by a bare client, one after the other; return their bytes."""
    with httpx.Client(timeout=60) as client:
        asked = (client.get(f"{address}?page={number}") for number in range(pages))
        return sum(len(answer.content) for answer in asked)


class _Server(BaseHTTPRequestHandler):
    """Answers with the page that is asked for by its number, or by its first change."""

    protocol_version = "HTTP/1.1"
    pages: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        if self.path.startswith("/far/"):
            time.sleep(THINKS)
        body = self.pages[_asked_for(unquote(self.path))]
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _asked_for(path: str) -> int:
    numbered, since = _PAGE.search(path), _SINCE.search(path)
    if numbered is not None:
        return int(numbered[1])
    if since is None:
        return 0
    seconds = (datetime.fromisoformat(since[1]) - BEGUN).total_seconds()
    return round(seconds) // (ROWS - 1)  # the last row of a page is the first of the next


def _page(number: int, pages: int) -> bytes:
    begin = number * (ROWS - 1)
    results = [_lead(row) for row in range(begin, begin + ROWS)]
    more = {} if number == pages - 1 else {"__next": f"https://tenant.example/{number + 1}"}
    return json.dumps({"d": {"results": results, **more}}).encode()


def _lead(number: int) -> dict[str, Any]:
    changed = BEGUN + timedelta(seconds=number)
    return {
        "__metadata": {"uri": f"https://tenant.example/LeadCollection('{number:032X}')"},
        "ObjectID": f"{number:032X}",
        "ID": str(number),
        "Name": f"Anfrage {number}",
        "StatusCode": "2",
        "IndividualCustomerGivenName": "Anna",
        "IndividualCustomerFamilyName": "Müller",
        "IndividualCustomerEMail": f"user{number}@example.com",
        "IndividualCustomerPhone": f"+49 30 {100_000 + number}",
        "AccountPartyID": str(number % 5_000),
        "OwnerPartyID": "8000000123",
        "CreationOn": f"/Date({round(BEGUN.timestamp() * 1000)})/",
        "EntityLastChangedOn": f"/Date({round(changed.timestamp() * 1000)})/",
    }


def _serve(pages: int) -> None:
    _Server.pages = [_page(number, pages) for number in range(pages)]
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
