"""Questions asked of everybody at once: who matters, who stays, what goes together, what it made."""
