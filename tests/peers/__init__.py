"""Connectors against servers nobody here wrote: processes of their own, started by the tests."""
