"""Enrichments, one file each; a new file is a new enrichment."""
