"""Prediction from a purchase log: columns in, columns out, no warehouse inside."""
