"""dlt itself: found, told to keep to itself, and asked for resources.

Invariant: dlt sends no telemetry and writes nothing below the home of whoever runs it.
"""

from __future__ import annotations

import copy
import os
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import ConfigError, UnreachableError
from cdp.sources.remote.secrecy import Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dlt.extract import DltResource

    from cdp.sources import Opening
    from cdp.sources.remote.dlt.options import DltOptions

_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of an instance by name, and what no message may repeat."""

    source: str
    found: Mapping[str, DltResource]
    secrets: Secrets

    def failure(self, what: str, error: Exception) -> UnreachableError:
        """Return what to raise where somebody else's code stopped."""
        _let_go(error)
        told = self.secrets.hide(str(error)).strip() or type(error).__name__
        said = told.splitlines()[0]
        return UnreachableError(
            f"source {self.source}: {what} ({said[:_SHOWN]}); the next run tries again. What dlt "
            f"reads and with which arguments stands in sources/{self.source}.yaml"
        )


def _let_go(error: BaseException | None) -> None:
    """Close the answers that an error and its causes hold: dlt raises before it has read them."""
    while error is not None:
        answered = getattr(error, "response", None)
        if callable(close := getattr(answered, "close", None)):
            close()
        error = error.__cause__ or error.__context__


def resources(opening: Opening, options: DltOptions) -> Resources:
    """Return the resources that an instance is read by, without asking them for anything.

    Raises:
        ConfigError: dlt is not installed, there is nothing of that name, or it is no resource.
        UnreachableError: a secret is not where the file says, or making the resource failed.
    """
    where = f"sources/{opening.name}.yaml"
    _import(where)
    from dlt.extract import DltResource, DltSource  # noqa: PLC0415 - it need not be installed

    named = _named(options.resource, where)
    secrets = Secrets()
    read = {
        place: secrets.keep(secret.read(opening.name)) for place, secret in options.secrets.items()
    }
    arguments = _with(options.arguments, read)
    made = _made(options.resource, named, arguments, Resources(opening.name, {}, secrets))
    if isinstance(made, DltResource):
        found = {made.name: made}
    elif isinstance(made, DltSource):
        found = made.selected_resources
    else:
        msg = (
            f"{where}: options.resource: {options.resource} gives no resource or source of dlt, "
            f"it gives a {type(made).__name__}"
        )
        raise ConfigError(msg)
    chosen = {name: found[name] for name in opening.chosen(found, options.resource)}
    return Resources(opening.name, chosen, secrets)


def _import(where: str) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ.setdefault("DLT_DATA_DIR", str(Path(tempfile.gettempdir()) / "cdp-dlt"))
    try:
        import_module("dlt")
    except ImportError as error:
        msg = f"{where}: dlt is not installed; install it with: pip install 'cdp[dlt]'"
        raise ConfigError(msg) from error


def _named(name: str, where: str) -> object:
    module, _, attribute = name.partition(":")
    try:
        found: object = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        msg = f"{where}: options.resource: {name} cannot be imported ({error}); correct it"
        raise ConfigError(msg) from error
    return found


def _made(name: str, named: object, arguments: Mapping[str, Any], empty: Resources) -> object:
    """Return what is to be read: what was named, or what it makes of the arguments."""
    is_ready = getattr(named, "args_bound", not callable(named))
    if is_ready and not arguments:
        return named
    try:
        return named(**arguments)  # type: ignore[operator] # what cannot be called says so
    except Exception as error:  # what somebody else wrote may raise anything
        what = f"{name} could not be made"
        raise empty.failure(what, error) from error


def _with(arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments with the secrets in their places."""
    filled = copy.deepcopy(dict(arguments))
    for place, secret in secrets.items():
        *path, last = place.split(".")
        inner: Any = filled
        for part in path:
            inner = inner[int(part)] if isinstance(inner, list) else inner.setdefault(part, {})
        inner[int(last) if isinstance(inner, list) else last] = secret
    return filled
