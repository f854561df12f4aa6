"""Answers on arrival, over the published generation: nothing here decides what a run decides."""
