"""Predictive scores in a workspace: trained, kept as files, judged, watched, explained."""
