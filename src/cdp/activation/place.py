"""Where files of an export go: a folder, or a folder in an object store.

Invariant: under its final name a file is whole or not there; no message holds a credential.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from cdp.activation.files import force, summed
from cdp.errors import InputError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cdp.activation.files import Sum
    from cdp.destinations import DestinationDefinition, ObjectStore

_STORES: Final[dict[str, Any]] = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}
_CHUNK: Final = 8 << 20
_QUERY: Final = re.compile(r"\?[^\s\"')]*")
_SHOWN: Final = 300


class Place(Protocol):
    """Takes finished files in."""

    @property
    def location(self) -> str:
        """Where it is, for people."""

    def draft(self, name: str) -> Path:
        """Return a path to write a file to that will be taken in under this name."""

    def take(self, draft: Path, name: str) -> None:
        """Give a finished file its name; the draft is gone."""

    def holds(self, name: str, sum_: Sum) -> bool:
        """Whether there is such a file already."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on disk."""

    path: Path

    @property
    def location(self) -> str:
        """The folder."""
        return str(self.path)

    def draft(self, name: str) -> Path:
        """Return a hidden path beside the final one.

        Raises:
            InputError: the folder cannot be made.
        """
        final = self.path / name
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(final, error) from error
        return final.with_name(f".{final.name}.tmp")

    def take(self, draft: Path, name: str) -> None:
        """Force the draft to disk and rename it.

        Raises:
            InputError: the disk refuses.
        """
        final = self.path / name
        try:
            force(draft)
            draft.replace(final)
            force(final.parent)
        except OSError as error:
            raise _unwritable(final, error) from error

    def holds(self, name: str, sum_: Sum) -> bool:
        """Whether the file is there, byte by byte."""
        final = self.path / name
        return final.is_file() and final.stat().st_size == sum_.size and summed(final) == sum_


@dataclass(frozen=True, slots=True)
class Bucket:
    """A folder in an object store; what is on its way lies in a folder of the workspace."""

    destination: str
    address: str
    prefix: str
    store: Any
    work: Path

    @property
    def location(self) -> str:
        """The address of the folder."""
        return f"{self.address}/{self.prefix}".rstrip("/")

    def draft(self, name: str) -> Path:
        """Return a path in the workspace's own folder of unfinished exports."""
        self.work.mkdir(parents=True, exist_ok=True)
        return self.work / f"{name.replace('/', '~')}.tmp"

    def take(self, draft: Path, name: str) -> None:
        """Send the draft in pieces; the store shows the object when the last one is there.

        Raises:
            UnreachableError: the store refuses or does not answer.
        """
        try:
            self.store.put(self._key(name), draft, chunk_size=_CHUNK)
        except BaseError as error:
            raise UnreachableError(self._told(name, error)) from None
        draft.unlink()

    def holds(self, name: str, sum_: Sum) -> bool:
        """Whether there is an object of this size under the name.

        Raises:
            UnreachableError: the store refuses or does not answer.
        """
        try:
            return bool(self.store.head(self._key(name))["size"] == sum_.size)
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise UnreachableError(self._told(name, error)) from None

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _told(self, name: str, error: Exception) -> str:
        said = _QUERY.sub("", " ".join(str(error).partition("Debug source:")[0].split()))[:_SHOWN]
        return (
            f"destination {self.destination}: {self.location}/{name} cannot be written ({said}); "
            "look at store: and at what its user may write, then export again"
        )


def place_of(destination: str, wish: DestinationDefinition, folder: Path, work: Path) -> Place:
    """Return the place of a destination: the folder, or where `path:` says in an object store.

    Raises:
        UnreachableError: a secret is not where the file says, or the settings make no store.
    """
    scheme, is_address, rest = (wish.path or "").partition("://")
    if not is_address:
        return Folder(folder)
    bucket, _, prefix = rest.partition("/")
    address = f"{scheme}://{bucket}"
    try:
        store = _STORES[scheme](bucket, **_settings(destination, wish.store, scheme))
    except BaseError as error:
        said = str(error).partition("Debug source:")[0][:_SHOWN]
        msg = f"destination {destination}: {address} cannot be opened ({said}); look at store:"
        raise UnreachableError(msg) from None
    return Bucket(destination, address, prefix.strip("/"), store, work)


def _settings(destination: str, store: ObjectStore | None, scheme: str) -> dict[str, Any]:
    if store is None:
        return {}
    endpoint = "base_url" if scheme == "gs" else "endpoint"
    config = {
        endpoint: store.endpoint,
        "region": store.region,
        "virtual_hosted_style_request": store.virtual_hosted or None,
    }
    settings: dict[str, Any] = {
        "config": {name: value for name, value in config.items() if value is not None},
        "credential_provider": _credentials(destination, store, scheme),
    }
    if scheme == "az" and store.user is not None:
        settings["config"]["account_name"] = store.user.read(destination, "destination")
    if (store.endpoint or "").startswith("http://"):
        settings["client_options"] = {"allow_http": True}
    return settings


def _credentials(
    destination: str, store: ObjectStore, scheme: str
) -> Callable[[], dict[str, str | None]] | None:
    """Return what hands out the credentials; None: the vendor's own ways are taken."""
    found: dict[str, str | None] = {"expires_at": None}
    kind = "destination"
    if store.token is not None:
        found["token"] = store.token.read(destination, kind)
    elif store.password is not None and scheme == "az":
        found["access_key"] = store.password.read(destination, kind)
    elif store.user is not None and store.password is not None:
        found["access_key_id"] = store.user.read(destination, kind)
        found["secret_access_key"] = store.password.read(destination, kind)
    else:
        return None
    return lambda: found


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path} cannot be written: {error.strerror or error}; nothing was exported there"
    )
