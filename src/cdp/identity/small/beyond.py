"""Where the small tables end."""

from cdp.errors import CdpError


class BeyondSmallError(CdpError, AttributeError):
    """The record needs polars itself: a word, a type or a value is not known here."""
