"""Master data beats what was declared, and that beats what was only observed."""

from cdp.golden.rule import RULES, Rule, rank
from cdp.model.attributes import TRUST_TIERS

RULES.add(
    "trust_tier",
    Rule(
        name="trust_tier",
        description="master data beats declared values, declared values beat observed ones",
        merit=lambda _: rank("trust_tier", TRUST_TIERS),
    ),
)
