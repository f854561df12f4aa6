"""Polars for one record: the words of polars on plain lists, for tables of a few rows."""
