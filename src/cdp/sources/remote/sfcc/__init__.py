"""Salesforce B2C Commerce: its exports in the words of its API, and that API."""
