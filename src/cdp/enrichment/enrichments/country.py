"""Country of a party, concluded."""

from cdp.enrichment.enrichment import ENRICHMENTS, Enrichment

ENRICHMENTS.add(
    "country",
    Enrichment(
        name="country",
        attributes=("country",),
        description=(
            "the country, from the telephone number, else from a postcode that only one "
            "country writes so, else from the country of an e-mail domain"
        ),
        needs=(),
    ),
)
