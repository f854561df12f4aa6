"""Conditions of segments, one file each, found by the registry of `cdp.segments.condition`."""
