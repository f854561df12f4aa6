"""Replay the console blocks of a page against a workspace, and write what they say now.

`python docs/walk.py` builds the demo in a temporary folder and writes `docs/steward.md` again; a
test replays it and fails when a command says something else than the page.

A block is `console`; a line that begins with `$ ` is a command, what follows is what it prints on
standard output, or its error. Ids differ from model to model: an id of the page stands for the id
that the command printed in its place.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cdp import pipeline
from cdp.cli import main
from cdp.settings import Settings, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
PAGE = HERE / "steward.md"
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_ID = re.compile(
    r"\b(?:[PA]-[0-9a-f]{20}|R-[0-9a-f]{12}|(?:crm|erp|shop|marketing|newsletter|web):[\w.@+-]*\w)"
)
_TIME = re.compile(r"\b\d{4}-\d\d-\d\d(?: \d\d:\d\d)?\b")


def replayed(text: str, run: Callable[[list[str]], str]) -> str:
    """Return the page with what its commands print now, and the ids that they print now."""
    known: dict[str, str] = {}

    def block(found: re.Match[str]) -> str:
        return "".join(_step(step, run, known) for step in re.split(r"(?m)^(?=\$ )", found[0]))

    return _BLOCK.sub(block, text)


def bare(text: str) -> str:
    """Return the page with its ids and days left out, for comparison."""
    return _TIME.sub("TIME", _ID.sub("ID", text))


def in_process(command: list[str]) -> str:
    """Run a command of cdp and return what it prints: its error when it fails."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(command[1:])
        except SystemExit as stopped:
            code = stopped.code
    return out.getvalue() if not code else err.getvalue()


def _step(step: str, run: Callable[[list[str]], str], known: dict[str, str]) -> str:
    if not step.startswith("$ "):
        return step
    command, _, before = step.partition("\n")
    command = _ID.sub(lambda m: known.get(m[0], m[0]), command)
    printed = run(shlex.split(command.removeprefix("$ ")))
    for old, new in zip(_ID.findall(before), _ID.findall(printed), strict=False):
        known.setdefault(old, new)
    lines = "\n".join(line.rstrip() for line in printed.splitlines())
    return f"{command}\n{lines}\n" if lines else f"{command}\n"


def _write() -> None:
    source = HERE.parent / "pipelines" / "demo"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "demo"
        shutil.copytree(source, place, ignore=shutil.ignore_patterns(".cdp"))
        use(place, HERE.parent / "data" / "fixtures")
        settings = Settings()
        pipeline.run(Workspace(place), settings, lambda: datetime(2026, 7, 1, 6, tzinfo=UTC))
        with chdir(place):
            PAGE.write_text(replayed(PAGE.read_text(encoding="utf-8"), in_process))


def use(place: Path, data: Path) -> None:
    """Make the commands find this workspace, and the workspace its data."""
    file = place / "cdp.yaml"
    text = re.sub(r"(?m)^data:.*$", f"data: {data.resolve()}", file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    os.environ["CDP_WORKSPACE"] = str(place)


if __name__ == "__main__":
    sys.exit(_write())
