"""Stage ingest: land what arrives as it came, exactly once."""
