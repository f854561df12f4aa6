"""What the last 180 days of looking and buying were about, most often first."""

from cdp.enrichment.enrichment import ENRICHMENTS, Enrichment

ENRICHMENTS.add(
    "interests",
    Enrichment(
        name="interests",
        attributes=("interests",),
        description="what the last 180 days of looking and buying were about, most often first",
        needs=(),
    ),
)
