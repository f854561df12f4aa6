"""Stage canonical: map, clean and validate; accept or quarantine with a reason."""
