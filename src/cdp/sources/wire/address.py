"""Paths that are addresses: folders and files in an object store, and how it is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from cdp.settings import Strict

if TYPE_CHECKING:
    from cdp.sources.remote.connection import Auth

# What an object store can be told of who reads there, by how its addresses begin.
_AUTH: Final = {"s3": ("basic",), "gs": ("bearer",), "az": ("basic", "bearer")}


class Store(Strict):
    """How an object store is reached, where its vendor's own ways do not say it."""

    endpoint: str | None = Field(
        None, pattern=r"^https?://", description="address of a store that is not the vendor's own"
    )
    region: str | None = Field(None, description="region of the bucket; s3:// only")
    anonymous: bool = Field(
        default=False, description="read without credentials what anybody may read"
    )
    virtual_hosted: bool = Field(
        default=False,
        description="name the bucket in the host instead of the path; s3:// only",
    )
    recursive: bool = Field(default=False, description="read the folders below as well")


def is_address(path: str) -> bool:
    """Return whether a path is in an object store."""
    return "://" in path


def parted(path: str) -> tuple[str, str, str]:
    """Return the scheme, the bucket, and the prefix or key of an address, without slashes."""
    scheme, _, rest = path.partition("://")
    bucket, _, key = rest.partition("/")
    return scheme, bucket, key.strip("/")


def problem(path: str, store: Store, auth: Auth | None) -> str | None:
    """Return what is wrong with an address and what goes with it, if anything is."""
    scheme, bucket, _ = parted(path)
    known = " or ".join(f"{each}://bucket/folder" for each in _AUTH)
    if scheme not in _AUTH or not bucket:
        return f"path: a folder in an object store is {known}"
    if auth is not None and auth.kind not in _AUTH[scheme]:
        wanted = " or ".join(_AUTH[scheme])
        return f"auth: {scheme}:// takes {wanted}, or what the environment or the machine says"
    if auth is not None and store.anonymous:
        return "store: anonymous reads without auth:, so give one of the two"
    if scheme != "s3" and (store.region or store.virtual_hosted):
        return f"store: region and virtual_hosted are of s3://, not of {scheme}://"
    return None
