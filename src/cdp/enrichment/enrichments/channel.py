"""The channel with most reactions of the last 180 days, of at least three."""

from cdp.enrichment.enrichment import ENRICHMENTS, Enrichment

ENRICHMENTS.add(
    "channel",
    Enrichment(
        name="channel",
        attributes=("preferred_channel",),
        description="the channel with most reactions of the last 180 days, of at least three",
        needs=(),
    ),
)
