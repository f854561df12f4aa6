"""Stage overviews: what a party did, was sent and owns, in few rows, as of a moment."""
