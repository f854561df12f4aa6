"""Instances of sources: declared, looked at before they are read, listed with what they brought."""
