"""Stage golden: survivorship, consent resolution and id joins."""
