"""One module each kind of analysis; each defines its `ANALYSIS`."""
