"""Stage features: facts about a profile as of a moment."""
