"""Rhythm of a party, concluded."""

from cdp.enrichment.enrichment import ENRICHMENTS, Enrichment

ENRICHMENTS.add(
    "rhythm",
    Enrichment(
        name="rhythm",
        attributes=("preferred_weekday", "preferred_hour"),
        description=(
            "weekday (1 is Monday) and hour of most actions of the last 365 days, of at least "
            "five, in the local time zone"
        ),
        needs=("time_zone",),
    ),
)
