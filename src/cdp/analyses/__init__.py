"""Questions asked of everybody at once: who counts, who stays, what goes together, what paid."""
