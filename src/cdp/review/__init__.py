"""Stage review: what a steward should look at, and what decisions could not be kept."""
