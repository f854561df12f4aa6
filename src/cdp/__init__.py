"""Customer data platform: records in at the left, golden profiles served at the right."""

__version__ = "0.1.0"
