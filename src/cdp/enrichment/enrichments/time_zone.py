"""Time zone of a party, concluded."""

from cdp.enrichment.enrichment import ENRICHMENTS, Enrichment

ENRICHMENTS.add(
    "time_zone",
    Enrichment(
        name="time_zone",
        attributes=("time_zone",),
        description=(
            "the time zone, from the area of the telephone number, else from the country "
            "where it has one only"
        ),
        needs=("country",),
    ),
)
