"""Follow a how-to word by word in an empty folder, and write what its commands say now.

`python docs/follow.py` writes `docs/how-to/add-a-source.md` again; a test follows it and fails when
a command says something else than the page.

A path in a line of its own before a block says that the block is that file. A block is `console`;
a line that begins with `$ ` is a command, what follows is what it prints on standard output. Other
than on a user's machine, `pip install` puts packages beside the page's files, with what is
installed already.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from walk import replayed

PAGE = Path(__file__).parent / "how-to" / "add-a-source.md"
_FILE = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Reader:
    """Somebody who follows a page, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plugins = folder / "installed"
        self.commands = Path(sys.executable).parent

    def follow(self, text: str) -> str:
        """Return the page with what its commands print now, files written on the way."""
        said, rest = "", text
        while (found := _FILE.search(rest)) is not None:
            said += self._replayed(rest[: found.start()]) + found[0]
            path = self.folder / found[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found[2], encoding="utf-8")
            rest = rest[found.end() :]
        return said + self._replayed(rest)

    def _replayed(self, text: str) -> str:
        return replayed(text, self._run)

    def _run(self, command: list[str]) -> str:
        if command[0] == "cd":
            self.folder = self.folder / command[1]
            return ""
        done = subprocess.run(  # noqa: S603 - what the page says
            [self.commands / command[0], *command[1:]],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            msg = f"{' '.join(command)}: {done.stderr}{done.stdout}"
            raise RuntimeError(msg)
        return done.stdout

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("CDP_")}
        here = {
            "PIP_TARGET": self.plugins,
            "PIP_NO_DEPS": 1,
            "PIP_NO_BUILD_ISOLATION": 0,
            "PIP_QUIET": 1,
            "PYTHONPATH": self.plugins,
            "COLUMNS": 80,
        }
        return ours | {name: str(value) for name, value in here.items()}


def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        said = Reader(Path(folder)).follow(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(said, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(_write())
