"""`scores/*.yaml`: one score a file, validated by the model of its method."""

from cdp.scores.method import METHODS, ScoreDefinition
from cdp.settings import Declared, OneOf


class ScoreFile(OneOf[ScoreDefinition]):
    """One score; `method` decides which further fields there are."""

    by = "method"
    known = METHODS


SCORES = Declared("scores/*.yaml", ScoreFile)
