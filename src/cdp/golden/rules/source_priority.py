"""The source named earlier in the list wins; sources that are not named come last."""

from cdp.golden.rule import RULES, Rule, rank

RULES.add(
    "source_priority",
    Rule(
        name="source_priority",
        description="the source named earlier wins; a source that is not named comes last",
        merit=lambda words: rank("source", words),
        takes_words=True,
    ),
)
