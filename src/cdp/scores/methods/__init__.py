"""Scoring methods, one file each, found by the registry of `cdp.scores.method`."""
