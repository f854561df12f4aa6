"""The package of an access request as one page that needs nothing else to be read."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

_LAYERS = {
    "bronze": "As it came from the source",
    "silver": "As it was read",
    "identity": "Why records are one",
    "gold": "What is known",
    "activation": "What was sent",
    "quality": "What rules said",
}


def page(package: Mapping[str, Any]) -> str:
    """Return the page."""
    return _template().render(package=package)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"shown": _shown, "title_of": _title}
    environment.globals["dict"] = dict
    source = files("cdp.privacy") / "pages" / "package.html"
    return environment.from_string(source.read_text(encoding="utf-8"))


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _title(table: str) -> str:
    schema, _, noun = table.partition(".")
    return f"{_LAYERS.get(schema, schema)}: {noun.replace('_', ' ')}"
