"""A value that is named in the list loses: words that fill a field and say nothing."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule, rank

RULES.add(
    "listed_last",
    Rule(
        name="listed_last",
        description="a value that is not named beats a named one; of those the last named loses",
        merit=lambda words: exp.Neg(this=exp.Paren(this=rank("value", list(reversed(words))))),
        takes_words=True,
    ),
)
