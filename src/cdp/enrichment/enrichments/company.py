"""Company of a party, concluded."""

from cdp.enrichment.enrichment import ENRICHMENTS, Enrichment

ENRICHMENTS.add(
    "company",
    Enrichment(
        name="company",
        attributes=("company", "company_domain"),
        description=(
            "the employer and its domain, from an e-mail address at the domain of a known "
            "organisation; of an unknown one only the domain; never from a mail provider"
        ),
        needs=(),
    ),
)
