"""How good identity resolution was in a run, and whether that is good enough to publish."""
