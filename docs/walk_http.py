"""Replay the console blocks of the pages that ask the API, and write what it answers now.

`python docs/walk_http.py` builds the demo in a temporary folder, serves a copy for each page, and
writes `docs/scenarios.md` and `docs/api.md` again; a test replays them. Of curl and jq it knows
what the pages use: `-H`, `-u`, `-X`, `-d`, `-o`, `-w '%{http_code}'`; `.path[0].to`, `.list[]`, and
`{some, of: .it}`. `$AUTH` is the header of Bearer with `$KEY`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from base64 import b64encode
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from cdp.cli.demo import SCOPES as DEMO

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
AGENT = ("profiles:read", "profiles:resolve", "pii:read", "calls:write", "reviews:read")
PAGES = {"scenarios.md": {"AGENT": AGENT}, "api.md": {"KEY": DEMO}}
"""The pages, and the scopes of the keys that each has; the key of api.md is that of `cdp demo`."""
_STEP = re.compile(r"\.(\w+)|\[(\d*)\]")


class Caller:
    """Asks a server as curl would, by the variables that the page names."""

    def __init__(self, url: str, keys: dict[str, str]) -> None:
        self.url = url
        self.keys = keys | {"AUTH": f"Authorization: Bearer {keys.get('KEY')}"}

    def __call__(self, arguments: list[str]) -> str:
        """Return what a command prints; a pipe leads to jq."""
        curl, jq = arguments, None
        if "|" in arguments:
            at = arguments.index("|")
            curl, jq = arguments[:at], arguments[at + 1 :]
        answered, printed = self._asked(curl)
        if jq is None:
            return printed or answered.text
        found = _picked(answered.json(), jq[-1])
        return "\n".join(json.dumps(each, ensure_ascii=False) for each in found) + "\n"

    def _asked(self, arguments: list[str]) -> tuple[httpx.Response, str]:
        options: dict[str, str] = {}
        headers: dict[str, str] = {}
        left = iter(arguments[1:])
        for word in left:
            if word == "-H":
                name, _, value = self._filled(next(left)).partition(": ")
                headers[name] = value
            elif word == "-u":
                user = b64encode(self._filled(next(left)).encode()).decode()
                headers["Authorization"] = f"Basic {user}"
            elif word in {"-X", "-d", "-o", "-w"}:
                options[word] = next(left)
            elif word != "-s":
                options["url"] = self._filled(word)
        body = options.get("-d")
        method = options.get("-X", "GET" if body is None else "POST")
        with httpx.Client(trust_env=False, timeout=60) as client:
            answered = client.request(method, options["url"], headers=headers, content=body)
        if "-o" in options:
            Path(options["-o"]).write_bytes(answered.content)
        told = options.get("-w", "").replace("%{http_code}", str(answered.status_code))
        return answered, told.replace("\\n", "\n")

    def _filled(self, text: str) -> str:
        text = text.replace("$CDP", self.url)
        for name, token in self.keys.items():
            text = text.replace(f"${name}", token)
        return text


def _picked(document: Any, program: str) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """Yield what a jq program picks out of a document."""
    first, _, rest = program.partition(" | ")
    for found in _walked(document, first.strip()):
        if rest:
            yield from _picked(found, rest)
        else:
            yield found


def _walked(document: Any, path: str) -> Iterator[Any]:  # noqa: ANN401 - JSON
    if path.startswith("{"):
        parts = (part.partition(":") for part in path.strip("{} ").split(","))
        yield {
            name.strip(): next(_walked(document, where.strip() or f".{name.strip()}"))
            for name, _, where in parts
        }
        return
    founds = [document]
    for name, index in _STEP.findall(path):
        if name:
            founds = [None if found is None else found.get(name) for found in founds]
        elif index:
            founds = [found[int(index)] for found in founds]
        else:
            founds = [each for found in founds for each in found]
    yield from founds


def _write() -> None:
    sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]
    import walk  # noqa: PLC0415 - the tests' server and the other walk stand beside this one

    from cdp import pipeline  # noqa: PLC0415
    from cdp.privacy import keys  # noqa: PLC0415
    from cdp.settings import Settings, Workspace  # noqa: PLC0415
    from live_server import running  # noqa: PLC0415

    at = datetime(2026, 7, 1, 6, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "demo"
        rules = HERE.parent / "pipelines" / "demo"
        shutil.copytree(rules, place, ignore=shutil.ignore_patterns(".cdp"))
        walk.use(place, HERE.parent / "data" / "fixtures")
        pipeline.run(Workspace(place), Settings(), lambda: at)
        for name, scopes in PAGES.items():
            copy = shutil.copytree(place, Path(folder) / name)
            made = {n: keys.create(copy / ".cdp", n, s, at=at)[1] for n, s in scopes.items()}
            with running(Workspace(copy)) as live, chdir(copy):
                page = HERE / name
                said = walk.replayed(page.read_text(encoding="utf-8"), Caller(live.url, made))
                page.write_text(said, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(_write())
