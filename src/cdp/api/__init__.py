"""HTTP: translate, call, return. No business rule lives here."""

from cdp.api.app import create_app

__all__ = ["create_app"]
