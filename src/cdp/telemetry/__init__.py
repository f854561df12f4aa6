"""What the processes tell of themselves: log lines and traces, never personal data."""
