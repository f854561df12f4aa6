"""What is done by the clock: declared in YAML, begun by one keeper, kept in the state file."""
