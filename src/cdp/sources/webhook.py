"""Signed webhooks: a system tells of a change as it happens, at `/v1/webhooks/{source}`."""

from cdp.sources import SOURCES
from cdp.sources.wire.hooks import WebhookOptions
from cdp.sources.wire.sent import SentSource

SOURCES.add(
    "webhook", SentSource("webhook", "signed messages that a system sends here", WebhookOptions)
)
