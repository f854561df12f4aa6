"""The value named earlier in the list wins: the most restrictive region, the worst status."""

from cdp.golden.rule import RULES, Rule, rank

RULES.add(
    "listed_first",
    Rule(
        name="listed_first",
        description="the value named earlier wins; a value that is not named comes last",
        merit=lambda words: rank("value", words),
        takes_words=True,
    ),
)
