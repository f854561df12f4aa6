"""The vocabulary of the platform, pure: parties, identifiers, events, and every table."""
