"""Stage quarantine: what waits there, with all that people need to judge it."""
