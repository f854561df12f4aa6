"""Write the reference from the code: commands, settings, tables, views, endpoints, files.

`python docs/reference.py` writes `docs/reference/*.md`, `docs/data-dictionary.md` and
`docs/schemas/*.json`; a test fails when what it would write differs from what is there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cdp.cli import root
from cdp.model.attributes import ATTRIBUTES
from cdp.model.tables import TABLES
from cdp.model.views import NAMES_VERSION, VIEWS
from cdp.pipeline import STAGES
from cdp.privacy.access import ACCESS
from cdp.privacy.retention import PRIVACY
from cdp.scenarios.on_demand import LIVE
from cdp.scenarios.scenario import SCENARIOS
from cdp.schedules.declared import SCHEDULES
from cdp.server import openapi
from cdp.settings import Settings
from cdp.settings.workspace import WORKSPACE_FILE, Declared

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
WRITTEN = "<!-- written by docs/reference.py; edit the code instead -->\n"


def pages() -> dict[str, str]:
    """Return every page that is written from the code, by its path below docs/."""
    return {
        "reference/commands.md": _commands(),
        "reference/settings.md": _settings(),
        "reference/stages.md": _stages(),
        "reference/tables.md": _tables(),
        "reference/views.md": _views(),
        "data-dictionary.md": _dictionary(),
        "reference/attributes.md": _attributes(),
        "reference/files.md": _files(),
        "reference/endpoints.md": _endpoints(),
        **{
            f"schemas/{_stem(declared)}.json": json.dumps(_schema(declared), indent=2) + "\n"
            for declared in _declared()
        },
    }


def _page(title: str, lines: list[str]) -> str:
    return "\n".join([f"# {title}", "", WRITTEN, *lines]).rstrip() + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return [line(head), line(tuple("---" for _ in head)), *(line(row) for row in rows), ""]


def _commands() -> str:
    lines: list[str] = []
    for path, command in _walk(root, "cdp"):
        with click.Context(command, info_name=path) as context:
            lines += [f"## `{path}`", "", "```text", command.get_help(context), "```", ""]
    return _page("Commands", lines)


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _walk(child, f"{path} {name}")


def _settings() -> str:
    rows = [
        (f"`CDP_{name.upper()}`", f"`{field.default}`", field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return _page("Settings", _table(("environment variable", "default", "what it sets"), rows))


def _stages() -> str:
    rows = [
        (
            f"`{s.name}`",
            f"`{s.key}`",
            ", ".join(f"`{t}`" for t in s.reads) or "outside",
            ", ".join(f"`{t}`" for t in s.writes) or "files",
            ", ".join(f"`{d.path}`" for d in s.config),
        )
        for s in STAGES
    ]
    head = ("stage", "key", "reads", "writes", "workspace files")
    return _page("Stages, in their order", _table(head, rows))


def _tables() -> str:
    lines: list[str] = []
    for table in TABLES:
        key = ", ".join(f"`{k}`" for k in table.key) or "none"
        lines += [f"## `{table.name}`", "", f"One row: {table.grain}. Key: {key}.", ""]
        rows = [
            (f"`{c.name}`", c.type + (" or null" if c.nullable else ""), c.description)
            for c in table.columns
        ]
        lines += _table(("column", "type", "what it holds"), rows)
    return _page("Tables", lines)


def _views() -> str:
    lines: list[str] = []
    for view in VIEWS:
        lines += [f"## `{view.name}`", "", f"One row: {view.grain}.", ""]
        rows = [
            (f"`{c.name}`", c.type + (" or null" if c.nullable else ""), c.description)
            for c in view.columns
        ]
        lines += _table(("column", "type", "what it holds"), rows)
    return _page("Analysts' views", lines)


_INTRODUCTION = f"""What analysts find in `gold`, version {NAMES_VERSION} of its names.

Within a version no name of a view or column is taken away or given another meaning; new ones may
come. The version is in the manifest of `cdp export gold`, which writes every view as Parquet.
Join on `profile_id` (a person or visitor, or an organisation in views of both), `account_id`,
`order_id` and `record_id`. Times are UTC, money is in the currency beside it. [Queries to start
from](analysts.md), [a notebook](notebooks/gold.py), [all tables behind](reference/tables.md)."""


def _dictionary() -> str:
    head = ("view", "one row", "key")
    every = [
        (f"[`{_short(v.name)}`](#{_short(v.name)})", v.grain, ", ".join(f"`{k}`" for k in v.key))
        for v in VIEWS
    ]
    lines = [_INTRODUCTION, "", *_table(head, every)]
    for view in VIEWS:
        behind = f" Shows the table `{view.of}`." if view.of else ""
        lines += [f"## `{_short(view.name)}`", "", f"One row: {view.grain}.{behind}", ""]
        rows = [
            (
                f"`{c.name}`",
                c.type,
                "key" if c.name in view.key else "may be empty" if c.nullable else "",
                c.description,
            )
            for c in view.columns
        ]
        lines += _table(("column", "type", "", "what it holds"), rows)
    return _page("Data dictionary", lines)


def _short(view: str) -> str:
    return view.removeprefix("gold.")


def _attributes() -> str:
    rows = [(f"`{a.name}`", a.type, ", ".join(a.of), a.description) for a in ATTRIBUTES.values()]
    return _page("Attributes of a party", _table(("attribute", "type", "of", "what it is"), rows))


_OF_NO_STAGE: tuple[Declared[Any], ...] = (SCENARIOS, LIVE, SCHEDULES, ACCESS, PRIVACY)
"""Workspace files that servers read, and no run."""


def _declared() -> list[Declared[Any]]:
    found = {d.path: d for stage in STAGES for d in stage.config}
    found |= {d.path: d for d in _OF_NO_STAGE}
    return [WORKSPACE_FILE, *(found[path] for path in sorted(found))]


def _stem(declared: Declared[Any]) -> str:
    return declared.path.removesuffix(".yaml").removesuffix("/*").replace("/", "-")


def _schema(declared: Declared[Any]) -> dict[str, Any]:
    return declared.model.model_json_schema()


def _files() -> str:
    lines: list[str] = []
    for declared in _declared():
        need = "" if declared.required and not declared.is_glob else " (optional)"
        link = f"[JSON Schema](../schemas/{_stem(declared)}.json)"
        lines += [f"## `{declared.path}`{need}", "", link, ""]
        for part in _objects(_schema(declared)):
            lines += [f"**{part['title']}.** {_first_line(part)}", ""]
            lines += _table(("field", "default", "what it says"), _fields(part))
    return _page("Files of a workspace", lines)


def _objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every object that a schema describes, the file itself first, each once."""
    found: dict[str, dict[str, Any]] = {}

    def walk(node: object) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        if isinstance(node, dict):
            if node.get("type") == "object" and node.get("properties") and "title" in node:
                found.setdefault(node["title"], node)
            for name in sorted(node):
                walk(node[name])

    walk({name: part for name, part in schema.items() if name != "$defs"} | {"~": 0})
    walk(schema.get("$defs", {}))
    own = [schema] if schema.get("properties") else []
    return [*own, *(part for title, part in found.items() if title != schema.get("title"))]


def _fields(part: dict[str, Any]) -> list[tuple[str, ...]]:
    needed = part.get("required", [])
    return [
        (
            f"`{name}`",
            "required" if name in needed else f"`{json.dumps(field.get('default'))}`",
            field.get("description", ""),
        )
        for name, field in part["properties"].items()
    ]


def _first_line(part: dict[str, Any]) -> str:
    return str(part.get("description", "")).strip().split("\n")[0]


def _endpoints() -> str:
    rows: list[tuple[str, ...]] = []
    for path, methods in openapi()["paths"].items():
        for method, what in methods.items():
            answers = ", ".join(sorted(what.get("responses", {})))
            rows.append((f"`{method.upper()} {path}`", what.get("summary", ""), answers))
    return _page("Endpoints", _table(("endpoint", "what it does", "answers"), rows))


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(HERE.parent))


if __name__ == "__main__":
    main()
