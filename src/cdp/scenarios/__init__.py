"""Scenario views: the slice of a profile that a purpose needs and may see."""
