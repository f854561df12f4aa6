"""Systems that nobody can run here, as far as their wire: pages, throttling, errors, deletions."""
