"""Stage enrichment: what may be concluded about a party, told apart from what it said."""
