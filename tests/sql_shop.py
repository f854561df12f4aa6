"""A shop's database of SQLite, and a workspace that reads its table `users`."""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from builders import carry_out, workspace
from cdp.ingest.stage import STAGE
from cdp.sources import Opening, SourceInstance
from cdp.stage import Report
from cdp.store import Warehouse

BEGUN = datetime(2026, 1, 1)  # noqa: DTZ001 - as a database has it
WHOLE = {"table": "users"}
CHANGED = {"table": "users", "changed": "seen"}


class Shop:
    """A database, a workspace that reads it, and how often it did."""

    def __init__(self, root: Path) -> None:
        (root / "data").mkdir()
        self.root, self.runs = root, 0
        self.connection = sqlite3.connect(root / "data" / "shop.db", isolation_level=None)
        self.run("create table users (id integer primary key, name text, seen text, gone text)")

    def run(self, statement: str, *values: object) -> None:
        """Run a statement in the database."""
        self.connection.execute(statement, values)

    def add(self, first: int, last: int, seen: str | None = None) -> None:
        """Add users of these numbers, each a minute after the one before, or all of one moment."""
        for number in range(first, last + 1):
            moment = seen or str(BEGUN + timedelta(minutes=number))
            self.run("insert into users (id, name, seen) values (?, ?, ?)", number, "n", moment)

    def load(self, warehouse: Warehouse, declared: dict[str, Any], **options: Any) -> Report:
        """Run the stage with `users` declared in this way."""
        self.runs += 1
        source = {
            "type": "sql_database",
            "path": "shop.db",
            "options": {"objects": {"users": declared}, "page_rows": 10, **options},
        }
        rules = workspace(self.root, {"sources/shop.yaml": source})
        return carry_out(STAGE, warehouse, rules, run_id=self.runs)


def opening(declared: dict[str, Any], folder: Path) -> Opening:
    """Return what the source type is opened with; `users` is read whole."""
    source = {"type": "sql_database", **declared}
    source["options"] = {"objects": {"users": WHOLE}, **declared.get("options", {})}
    return Opening("shop", SourceInstance.model_validate(source), folder)
