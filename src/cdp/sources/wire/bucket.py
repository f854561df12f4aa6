"""One bucket of an object store: what lies in it, and its objects as temporary files.

Invariant: a position tells the version whose bytes were read, not the one that was listed; no
message holds a credential.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import AzureStore, GCSStore, S3Store
from pyrate_limiter import Duration, Limiter, Rate

from cdp.errors import UnreachableError
from cdp.sources.wire.address import parted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from obstore import ObjectMeta

    from cdp.sources import Opening, SourceInstance
    from cdp.sources.remote.connection import Auth

_CHUNK: Final = 1 << 23
_SHOWN: Final = 300
_STATUS: Final = re.compile(r"status code: (\d{3})[^:<\n]*")
_CODE: Final = re.compile(r"<(Code|Message)>([^<]*)<")
_QUERY: Final = re.compile(r"\?[^\s\"')]*")
_LONGEST: Final = timedelta(hours=6)
_REFUSED: Final = (PermissionDeniedError, UnauthenticatedError)
_GONE: Final = (NotFoundError, FileNotFoundError)  # the library raises either
_REMEDIES: Final = {
    "401": "look at auth: and at what its owner may list and read there",
    "403": "look at auth: and at what its owner may list and read there",
    "404": "correct path: or store: of the source",
}
_LATER: Final = "the next run tries again, from where it stood"
_FIRST_PAUSE: Final = 0.2


class RefusedError(UnreachableError):
    """The store refuses one object; it may give others."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object: its key, bytes, and what tells this version of it from others."""

    key: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that an instance reads.

    Attributes:
        source: name of the instance, for messages.
        address: the bucket, such as s3://bucket.
        store: the client.
        budget: how many requests a minute are made.
    """

    source: str
    address: str
    store: S3Store | GCSStore | AzureStore
    budget: Limiter | None

    def entry(self, key: str) -> Entry | None:
        """Return the object of this key, None where there is none.

        Raises:
            UnreachableError: the store does not answer.
        """
        self._wait()
        try:
            return _entry(self.store.head(key))
        except (*_GONE, *_REFUSED):  # who may not list is refused what is not there
            return None
        except BaseError as error:
            raise UnreachableError(self._told(key, error)) from None

    def entries(self, prefix: str, *, recursive: bool) -> list[Entry]:
        """Return the objects of a folder by key, those below it too where `recursive`.

        Raises:
            UnreachableError: there is no such bucket, it refuses, or does not answer.
        """
        self._wait()
        try:
            found = sorted(
                map(_entry, self._listed(prefix, recursive=recursive)), key=lambda e: e.key
            )
        except (BaseError, FileNotFoundError) as error:
            raise UnreachableError(self._told(prefix, error)) from None
        return [entry for entry in found if not entry.key.endswith("/")]

    def fetch(self, entry: Entry, target: Path) -> Entry | None:
        """Write an object to a file and return the version that it is; None: it is gone.

        Raises:
            RefusedError: it may not be read.
            UnreachableError: the store does not answer.
        """
        self._wait()
        try:
            answer = self.store.get(entry.key)
            with target.open("wb") as file:
                for chunk in answer.stream(min_chunk_size=_CHUNK):
                    file.write(chunk)
            return _entry(answer.meta)
        except _GONE:
            return None
        except _REFUSED as error:
            raise RefusedError(self._told(entry.key, error)) from None
        except (BaseError, OSError) as error:
            raise UnreachableError(self._told(entry.key, error)) from None

    def _told(self, key: str, error: Exception) -> str:
        """Return what the store said, and what to do."""
        place = f"{self.address}/{key}".rstrip("/")
        status = _STATUS.search(str(error))
        remedy = _REMEDIES.get(status[1] if status is not None else "", _LATER)
        return f"source {self.source}: {place} cannot be read ({_said(error)}); {remedy}"

    def _listed(self, prefix: str, *, recursive: bool) -> Iterator[ObjectMeta]:
        if not recursive:
            yield from self.store.list_with_delimiter(prefix or None)["objects"]
            return
        pages: Iterable[Any] = self.store.list(prefix or None)
        for page in pages:
            yield from page

    def _wait(self) -> None:
        if self.budget is not None:
            self.budget.try_acquire()


def connect(opening: Opening) -> Bucket:
    """Return the bucket of an instance whose path is an address.

    Raises:
        UnreachableError: a secret is not where the file says, or the settings make no store.
    """
    instance = opening.instance
    scheme, bucket, _ = parted(instance.path or "")
    address = f"{scheme}://{bucket}"
    limits = instance.limits
    most = limits.requests_per_minute
    budget = Limiter(Rate(most, Duration.MINUTE)) if most is not None else None
    try:
        store = _STORES[scheme](bucket, **_settings(opening, scheme))
    except BaseError as error:
        place = f"source {opening.name}: {address}"
        msg = f"{place} cannot be opened ({_said(error)}); look at auth:, store: and path:"
        raise UnreachableError(msg) from None
    return Bucket(opening.name, address, store, budget)


_STORES: Final[dict[str, Any]] = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}


def _settings(opening: Opening, scheme: str) -> dict[str, Any]:
    limits, store, auth = opening.instance.limits, opening.instance.store, opening.instance.auth
    longest = timedelta(seconds=limits.longest_wait)
    first = min(timedelta(seconds=_FIRST_PAUSE), longest)
    return {
        "config": _config(opening.instance, scheme) | _account(auth, opening.name, scheme),
        "credential_provider": _provider(auth, opening.name, scheme),
        "client_options": {
            "timeout": _LONGEST,
            "read_timeout": timedelta(seconds=limits.timeout),
            "connect_timeout": timedelta(seconds=min(limits.timeout, 10)),
            **({"allow_http": True} if (store.endpoint or "").startswith("http://") else {}),
        },
        "retry_config": {
            "max_retries": limits.attempts - 1,
            "retry_timeout": _LONGEST,
            "backoff": {"init_backoff": first, "max_backoff": longest, "base": 2},
        },
    }


def _config(instance: SourceInstance, scheme: str) -> dict[str, Any]:
    store = instance.store
    endpoint = "base_url" if scheme == "gs" else "endpoint"
    config = {
        endpoint: store.endpoint,
        "region": store.region,
        "virtual_hosted_style_request": store.virtual_hosted or None,
        "skip_signature": store.anonymous or None,
    }
    return {name: value for name, value in config.items() if value is not None}


def _account(auth: Auth | None, source: str, scheme: str) -> dict[str, str]:
    """Return the name of an account of Azure, which is part of its address."""
    if scheme == "az" and auth is not None and auth.kind == "basic":
        return {"account_name": auth.user.read(source)}
    return {}


def _provider(auth: Auth | None, source: str, scheme: str) -> Callable[[], Any] | None:
    """Return what hands out the credentials of `auth:`; None: the vendor's own ways are taken.

    It replaces them wholly, so that nothing of the environment is mixed with what was declared.
    """
    if auth is None:
        return None
    found: dict[str, str | None] = {"expires_at": None}
    if auth.kind == "bearer":
        found["token"] = auth.token.read(source)
    elif auth.kind == "basic" and scheme == "az":
        found["access_key"] = auth.password.read(source)
    elif auth.kind == "basic":
        found["access_key_id"] = auth.user.read(source)
        found["secret_access_key"] = auth.password.read(source)
    return lambda: found


def _entry(meta: ObjectMeta) -> Entry:
    mark = (meta["e_tag"] or meta["last_modified"].isoformat()).strip('"')
    version = f"{mark}:{meta['size']}"
    return Entry(meta["path"], meta["size"], version)


def _said(error: Exception) -> str:
    """Return what a store said in its own words, without what signs an address."""
    said = str(error).partition("Debug source:")[0]
    status, words = _STATUS.search(said), [found[2] for found in _CODE.finditer(said)]
    if status is not None:
        said = ", ".join([status[0].strip(), *words])
    return _QUERY.sub("", " ".join(said.split()))[:_SHOWN]
