"""The language, from the country where nearly everybody speaks one."""

from cdp.enrichment.enrichment import ENRICHMENTS, Enrichment

ENRICHMENTS.add(
    "language",
    Enrichment(
        name="language",
        attributes=("language",),
        description="the language, from the country where nearly everybody speaks one",
        needs=("country",),
    ),
)
